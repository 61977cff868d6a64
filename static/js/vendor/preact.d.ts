export { h, render, hydrate, Component, Fragment, createContext, createRef, cloneElement, toChildArray, isValidElement, options } from "preact";
export type { VNode, ComponentChildren, ComponentType, RefObject } from "preact";
export { useState, useReducer, useEffect, useLayoutEffect, useRef, useMemo, useCallback, useContext, useId, useErrorBoundary } from "preact/hooks";
export { signal, computed, effect, batch, untracked, Signal, useSignal, useComputed, useSignalEffect } from "@preact/signals";
export type { ReadonlySignal } from "@preact/signals";
import type { VNode } from "preact";
export function html(strings: TemplateStringsArray, ...values: unknown[]): VNode<any>;
