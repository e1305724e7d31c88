// The examples that are made in build stages: those that print something and end, and servers.
import { expect } from "vitest";
import {
  askInNetworkOf,
  type Container,
  endContainer,
  hardened,
  inNetworkOf,
  startContainer,
  untilReady,
} from "../../../testing/engines/containers.ts";
import { type Check, type CheckInput, expectPowerless } from "./check.ts";

export const checkCLibrary: Check = async ({ engine, image }) => {
  const printed = await engine.client("run", "--rm", ...hardened, image, "x".repeat(1000));
  expect(printed).toBe("1000 bytes, 17 packed\n");
};

export const checkRustApp: Check = async ({ engine, image }) => {
  const printed = await engine.client("run", "--rm", ...hardened, image, "1day 1s");
  expect(printed).toBe("86401 seconds\n");
};

export const checkNodeApp: Check = async (input) => {
  const url = "http://localhost:8080";
  const container = await started(input, url);
  expect(JSON.parse(await ask(container, `${url}/?duration=2%20days`))).toEqual({
    asked: "2 days",
    milliseconds: 172_800_000,
  });
  expect(await ask(container, "-w", " %{http_code}", `${url}/?duration=soon`)).toMatch(/ 400$/);
  expect(await endContainer(input.engine, container)).toBe(0);
};

export const checkPythonWheel: Check = async (input) => {
  const url = "http://localhost:8000";
  const container = await started(input, url);
  expect(JSON.parse(await ask(container, `${url}/?dsn=host=db%20port=1%20dbname=shop`))).toEqual({
    libpq: expect.any(Number) as number,
    parts: { host: "db", port: "1", dbname: "shop" },
  });
  expect(JSON.parse(await ask(container, `${url}/?dsn=nosuch=1`))).toEqual({
    error: expect.stringContaining('invalid connection option "nosuch"') as string,
  });
  await endContainer(input.engine, container);
};

export const checkJavaApp: Check = async (input) => {
  const url = "http://localhost:8080";
  const container = await started(input, url, ["--tmpfs", "/tmp"]);
  expect(await ask(container, `${url}/distroless`)).toBe("Sselortsid\n");
  await endContainer(input.engine, container);
};

async function started(
  { engine, image }: CheckInput,
  url: string,
  flags: readonly string[] = [],
): Promise<Container> {
  const container = await startContainer(engine, image, { flags });
  await untilReady(
    engine,
    container,
    async () => (await inNetworkOf(container, ["curl", "--silent", url])).code === 0,
  );
  await expectPowerless(container, 65532);
  return container;
}

function ask(container: Container, ...words: readonly string[]): Promise<string> {
  return askInNetworkOf(container, ["curl", "--silent", "--show-error", ...words]);
}
