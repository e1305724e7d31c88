// redis by redis-cli: values, Lua, an append-only file that outlives a restart, the signal that `docker stop` sends.
import { expect } from "vitest";
import {
  askInNetworkOf,
  type Container,
  endContainer,
  inNetworkOf,
  startContainer,
  untilReady,
} from "../../../testing/engines/containers.ts";
import { type Check, type CheckInput, expectPowerless } from "./check.ts";

const command = ["--protected-mode", "no", "--bind", "0.0.0.0", "--dir", "/data", "--appendonly", "yes"];

export const checkRedis: Check = async (input) => {
  const { engine } = input;
  await engine.client("volume", "create", "redis-data");
  const first = await startRedis(input);
  await expectPowerless(first, 999);
  expect(await ask(first, "SET", "greeting", "hello")).toBe("OK\n");
  expect(await ask(first, "GET", "greeting")).toBe("hello\n");
  const script = "return {redis.call('GET', KEYS[1]) .. ' from Lua', cjson.encode({1, 2})}";
  expect(await ask(first, "EVAL", script, "1", "greeting")).toBe("hello from Lua\n[1,2]\n");
  expect(await ask(first, "CONFIG", "GET", "maxmemory")).toBe("maxmemory\n0\n");
  expect(await endContainer(engine, first)).toBe(0);

  const second = await startRedis(input);
  expect(await ask(second, "GET", "greeting")).toBe("hello\n");
  await endContainer(engine, second);
  await engine.client("volume", "rm", "redis-data");
};

async function startRedis({ engine, image }: CheckInput): Promise<Container> {
  const container = await startContainer(engine, image, { flags: ["-v", "redis-data:/data"], command });
  await untilReady(
    engine,
    container,
    async () => (await inNetworkOf(container, ["redis-cli", "PING"])).stdout === "PONG\n",
  );
  return container;
}

function ask(container: Container, ...words: readonly string[]): Promise<string> {
  return askInNetworkOf(container, ["redis-cli", ...words]);
}
