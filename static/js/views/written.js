// Text that is being written: its draft is kept with every key, saved as an operation at a pause, when the field is left, and before the page goes.
import { useEffect, useRef, useState } from "../vendor/preact.js";
import { leaving } from "../ui/router.js";

export const LIMIT = 20_000;
const REST = 1200;

/** At most LIMIT UTF-16 units, and never half a character. @param {string} text */
export function clipped(text) {
  const cut = text.slice(0, LIMIT);
  return text.length > LIMIT && /[\uD800-\uDBFF]$/.test(cut) ? cut.slice(0, -1) : cut;
}

/**
 * @param {{store: import("../store/store.js").Store, key: string, own: string, save: (text: string, draft: string) => Promise<unknown>}} of `key` of the draft; `own`: what the store says this person wrote
 */
export function useWritten({ store, key, own, save }) {
  const [text, setText] = useState(own);
  const [full, setFull] = useState(false);
  // What a later event must see is kept outside the picture of one rendering.
  const now = useRef({ text: own, dirty: false, own, save, timer: /** @type {ReturnType<typeof setTimeout> | undefined} */ (undefined), focused: false, key, writing: false, gone: false });
  now.current.own = own;
  now.current.save = save;

  const put = (/** @type {string} */ next) => {
    now.current.text = next;
    setText(next);
  };

  const keep = async () => {
    const at = now.current;
    if (at.writing) return;
    at.writing = true;
    let written = "";
    try {
      do {
        written = at.text;
        await store.keepDraft(at.key, written);
      } while (at.dirty && written !== at.text);
    } catch {
      // the text is on the screen and the next key tries again
    } finally {
      at.writing = false;
    }
  };

  const flush = () => {
    const at = now.current;
    clearTimeout(at.timer);
    if (!at.dirty) return;
    at.dirty = false;
    const sent = at.text;
    at.save(sent, at.key).then(() => {
      if (at.dirty && at.text !== sent) void keep();
    }, () => {
      at.dirty = true;
    });
  };

  /** @param {string} next */
  const type = (next) => {
    const cut = clipped(next);
    setFull(next.length >= LIMIT);
    put(cut);
    now.current.dirty = true;
    void keep();
    clearTimeout(now.current.timer);
    now.current.timer = setTimeout(flush, REST);
  };

  /** Words put in by a tap are saved at once. @param {string} next */
  const insert = (next) => {
    type(next);
    flush();
  };

  useEffect(() => {
    const at = now.current;
    at.key = key;
    let gone = false;
    void store.draft(key).then((draft) => {
      if (gone || draft === null || at.dirty) return;
      if (draft === at.own) {
        void store.dropDraft(key);
        return;
      }
      put(draft);
      at.dirty = true;
      at.timer = setTimeout(flush, REST);
    }, () => {});
    const hide = () => document.visibilityState === "hidden" && flush();
    leaving.add(flush);
    document.addEventListener("visibilitychange", hide);
    return () => {
      gone = true;
      flush();
      leaving.delete(flush);
      document.removeEventListener("visibilitychange", hide);
    };
  }, [key]);

  useEffect(() => {
    if (!now.current.dirty && !now.current.focused && own !== now.current.text) put(own);
  }, [own]);

  const handlers = {
    onInput: (/** @type {Event} */ event) => {
      const field = /** @type {HTMLTextAreaElement | HTMLInputElement} */ (event.currentTarget);
      type(field.value);
      if (field.value !== now.current.text) field.value = now.current.text;
    },
    onFocus: () => {
      now.current.focused = true;
    },
    onBlur: () => {
      now.current.focused = false;
      flush();
    },
  };
  return { text, full, insert, flush, handlers, maxlength: LIMIT };
}

/** Puts words behind a note, with one full stop between. @param {string} note @param {string} words */
export function appended(note, words) {
  const before = note.trimEnd();
  if (before === "") return words;
  const chinese = /[\u3400-\u9fff]$/.test(before);
  return `${before}${/[。.！!？?；;，,:：]$/.test(before) ? "" : chinese ? "。" : "."}${/[。！？；，：\u3400-\u9fff]$/.test(before) ? "" : " "}${words}`;
}

/** Takes words out of a note with the stop that followed or preceded them. @param {string} note @param {string} words */
export function without(note, words) {
  const at = note.indexOf(words);
  if (at === -1) return note;
  const before = note.slice(0, at);
  const after = note.slice(at + words.length).replace(/^[。.；;]\s*/, "");
  return (after === "" ? before.replace(/[。.；;]?\s*$/, "") : before + after).trim();
}
