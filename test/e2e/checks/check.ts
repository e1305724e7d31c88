// What a check of an example's image gets.
import { readFile } from "node:fs/promises";
import { expect } from "vitest";
import type { Container, ContainerEngine } from "../../../testing/engines/containers.ts";

export interface CheckInput {
  readonly engine: ContainerEngine;
  /** The image's name in the engine. */
  readonly image: string;
  /** The name of the init image, where the example has one. */
  readonly initImage: string;
  /** An empty folder of this check's own. */
  readonly folder: string;
}

export type Check = (input: CheckInput) => Promise<void>;

/** The main process is an ordinary user without any capability, and can't gain one. */
export async function expectPowerless({ pid }: Container, uid: number): Promise<void> {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  expect(status).toMatch(new RegExp(`^Uid:(\\s+${uid}){4}$`, "m"));
  expect(status).toMatch(/^CapPrm:\s+0+$/m);
  expect(status).toMatch(/^CapBnd:\s+0+$/m);
  expect(status).toMatch(/^NoNewPrivs:\s+1$/m);
}
