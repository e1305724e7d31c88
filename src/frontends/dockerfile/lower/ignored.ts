// Stages whose steps are done again although the cache knows them.

export function isIgnored(ignored: ReadonlySet<string> | "all", stage: string | undefined): boolean {
  if (ignored === "all") return true;
  return stage !== undefined && [...ignored].some((name) => name.toLowerCase() === stage);
}
