// Every rule that only a policy can break, with its row of docs/reference/diagnostics.md. Those on waivers are warnings, given
// once the images are known.

export const policyRules = {
  "wide-waiver":
    "A waiver names neither a file nor a package, no package but by wildcards, or for a critical rule files in any folder; or a kept path is one in any folder. It would cover what nobody has seen yet.",
  "waiver-expired": "A waiver's last day is over: what it waived counts again.",
  "waiver-too-long":
    "A waiver's last day is more than a year (policyWaiverDaysMax) away: until then it does not count. Nobody looks at it again otherwise.",
  "waiver-exceeded":
    "A finding that a waiver names allows less than the waiver accepts: it counts. A shell that somebody put on the PATH is not the one that was known.",
  "waiver-unused": "A waiver, or a kept path, concerns nothing in any of the images.",
} as const;

export type PolicyRule = keyof typeof policyRules;
