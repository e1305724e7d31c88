// A finding as it is shown: detectors quote what the config starts, runs as, and asks for.
import type { Finding } from "../finding.ts";
import type { Masker } from "./masking.ts";

/** The finding without secrets of the config in its texts. */
export function maskedFinding(made: Finding, { prose }: Masker): Finding {
  const { evidence, reason, subject, what } = made;
  return {
    ...made,
    what: prose(what),
    evidence: evidence.map((one) => ({
      ...one,
      what: prose(one.what),
      ...(one.check === undefined ? {} : { check: prose(one.check) }),
    })),
    subject: prose(subject),
    ...(reason === undefined ? {} : { reason: reason.map(prose) }),
  };
}
