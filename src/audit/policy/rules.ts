// Every rule that only a policy can break, with its row of docs/reference/diagnostics.md. Those on waivers are warnings, given
// once the images are known.

export const policyRules = {
  "wide-waiver":
    "A waiver names neither a file nor a package, or, for a critical rule, every file: it would waive what nobody has seen yet.",
  "waiver-expired": "A waiver's last day is over: what it waived counts again.",
  "waiver-too-long":
    "A waiver's last day is more than a year (policyWaiverDaysMax) away: until then it does not count. Nobody looks at it again otherwise.",
  "waiver-unused": "A waiver, or a kept path, concerns nothing in any of the images.",
} as const;

export type PolicyRule = keyof typeof policyRules;
