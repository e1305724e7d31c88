// The version of what facts say, apart from what makes them: who only finds stored facts again need not load that.

/** Changes whenever `factsOf` tells something else of the same bytes: caches of facts hold to it. */
export const factsVersion = 4;
