// Memoised computations.

/** A function that computes its value at the first call and returns that value ever after. A throw is not remembered. */
export function lazy<T>(compute: () => T): () => T {
  let held: { readonly value: T } | undefined;
  return () => {
    held ??= { value: compute() };
    return held.value;
  };
}
