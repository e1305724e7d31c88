// The examples whose images print something and end.
import { expect } from "vitest";
import { hardened } from "../../../testing/engines/containers.ts";
import type { Check } from "./check.ts";

export const checkHello: Check = async ({ engine, image }) => {
  const printed = await engine.client("run", "--rm", ...hardened, image);
  expect(printed).toBe("Hello from an image that holds one file.\n");
};

/** The digest is that of 100,000 times "x", so that the answer of libcrypto is known from elsewhere. */
export const checkCcApp: Check = async ({ engine, image }) => {
  const printed = await engine.client("run", "--rm", ...hardened, image);
  expect(printed).toMatch(
    /^packed 100000 bytes into \d{2,3}; sha256 d69e68988157833272305aaf21f453c800346e8a3640db6578e260215542e5d4\n$/,
  );
};
