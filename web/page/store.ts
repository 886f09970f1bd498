/** A value that components watch. */

import { useSyncExternalStore } from "react";

export class Store<Value> {
  private value: Value;
  private readonly watchers = new Set<() => void>();

  constructor(value: Value) {
    this.value = value;
  }

  get = (): Value => this.value;

  set = (value: Value): void => {
    this.value = value;
    for (const watcher of this.watchers) {
      watcher();
    }
  };

  update(change: (value: Value) => Value): void {
    this.set(change(this.value));
  }

  watch = (watcher: () => void): (() => void) => {
    this.watchers.add(watcher);
    return () => this.watchers.delete(watcher);
  };
}

export function useStore<Value>(store: Store<Value>): Value {
  return useSyncExternalStore(store.watch, store.get);
}
