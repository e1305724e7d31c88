// All adversarial images: what is tried, and what the audit has to say of it.
import { containers } from "./containers.ts";
import { damage } from "./damage.ts";
import { disguises } from "./disguises.ts";
import { names } from "./names.ts";
import { settings } from "./settings.ts";
import { stacking } from "./stacking.ts";
import type { AdversarialCase } from "./workshop.ts";

export const adversarialCases: readonly AdversarialCase[] = [
  ...settings,
  ...disguises,
  ...containers,
  ...stacking,
  ...names,
  ...damage,
];
