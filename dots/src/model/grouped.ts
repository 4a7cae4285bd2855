/** Items with the same key, in the order in which they and their keys first appear. */
export function grouped<T, K>(items: Iterable<T>, keyOf: (item: T) => K): Map<K, T[]> {
  const by = new Map<K, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = by.get(key);
    if (group === undefined) by.set(key, [item]);
    else group.push(item);
  }
  return by;
}
