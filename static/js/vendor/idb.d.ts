export { openDB, deleteDB, unwrap, wrap } from "idb";
export type { IDBPDatabase, IDBPTransaction, DBSchema } from "idb";
