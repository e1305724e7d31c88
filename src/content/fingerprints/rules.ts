// All fingerprints, in the order in which identities are told.
import type { Fingerprint } from "./fingerprint.ts";
import { interpreters } from "./interpreters.ts";
import { managers } from "./managers.ts";
import { multiCall, userland } from "./multi-call.ts";
import { shells } from "./shells.ts";
import { tools } from "./tools.ts";

export const fingerprints: readonly Fingerprint[] = [
  ...shells,
  ...multiCall,
  ...managers,
  ...interpreters,
  ...userland,
  ...tools,
];
