// PostgreSQL by psql: the init image prepares the volume, the server image serves it, a restart keeps what was written.
import { expect } from "vitest";
import {
  type Container,
  endContainer,
  hardened,
  inNetworkOf,
  startContainer,
  untilReady,
} from "../../../testing/engines/containers.ts";
import type { ProgramRun } from "../../../testing/programs.ts";
import { type Check, type CheckInput, expectPowerless } from "./check.ts";

const password = "correct horse";
const data = ["-v", "pgdata:/var/lib/postgresql/data"];

/** Statements of all that a server loads on demand, each with what psql prints of its result. */
const statements: readonly (readonly [about: string, statement: string, printed: string])[] = [
  ["the locale", "SELECT datcollate FROM pg_database WHERE datname = 'postgres'", "C.UTF-8"],
  ["characters", "SELECT length('日本'), upper('straße' COLLATE \"de-x-icu\")", "2|STRASSE"],
  ["ICU's order", "SELECT 'ä' < 'b' COLLATE \"de-x-icu\", 'ä' < 'b' COLLATE \"C\"", "t|f"],
  ["a collation of one's own", "CREATE COLLATION naturally (provider = icu, locale = 'en-u-kn')", ""],
  ["its order", "SELECT 'a2' < 'a10' COLLATE naturally", "t"],
  [
    "PL/pgSQL",
    "CREATE FUNCTION twice(n int) RETURNS int LANGUAGE plpgsql AS $$ BEGIN RETURN n * 2; END $$",
    "",
  ],
  ["its call", "SELECT twice(21)", "42"],
  ["a stemmer", "SELECT to_tsvector('english', 'the cats are running')", "'cat':2 'run':4"],
  ["another language's", "SELECT to_tsvector('german', 'Die alten Häuser')", "'alt':2 'haus':3"],
  [
    "a dictionary file",
    "CREATE TEXT SEARCH DICTIONARY syn (TEMPLATE = synonym, SYNONYMS = synonym_sample)",
    "",
  ],
  ["its words", "SELECT ts_lexize('syn', 'postgres')", "{pgsql}"],
  ["a contributed module", "CREATE EXTENSION pg_trgm", ""],
  ["its function", "SELECT similarity('abc', 'abd') > 0.3", "t"],
  ["another", "CREATE EXTENSION hstore", ""],
  ["its type", "SELECT 'a=>1'::hstore -> 'a'", "1"],
  ["a cipher of libcrypto", "CREATE EXTENSION pgcrypto", ""],
  ["its digest", "SELECT encode(digest('abc', 'sha1'), 'hex')", "a9993e364706816aba3e25717850c26c9cd0d89d"],
  [
    "time zones",
    "SELECT timestamptz '2024-07-01 12:00Z' AT TIME ZONE 'Europe/Berlin'",
    "2024-07-01 14:00:00",
  ],
  ["conversions", "SELECT convert_to('ä€', 'LATIN9')", "\\xe4a4"],
  ["XML", "SELECT xpath('/a/text()', '<a>x</a>')", "{x}"],
  ["what is to be kept", "CREATE TABLE note AS SELECT 'kept' AS body", ""],
];

export const checkPostgres: Check = async (input) => {
  const { engine } = input;
  await engine.client("volume", "create", "pgdata");
  await prepare(input);
  const first = await startServer(input);
  await expectPowerless(first, 70);
  for (const [about, statement, printed] of statements) {
    const { stdout, stderr } = await psql(first, statement);
    expect({ about, printed: stdout.trim(), stderr }).toEqual({ about, printed, stderr: "" });
  }
  const refused = await psql(first, "SELECT 1", "wrong");
  expect(refused.stderr).toContain('password authentication failed for user "postgres"');
  expect(refused.code).toBe(2);
  expect(await endContainer(engine, first)).toBe(0);

  // An orchestrator runs the init container again before every start.
  await prepare(input);
  const second = await startServer(input);
  expect((await psql(second, "SELECT body FROM note")).stdout).toBe("kept\n");
  await endContainer(engine, second);
  await engine.client("volume", "rm", "pgdata");
};

async function prepare({ engine, initImage }: CheckInput): Promise<void> {
  const secret = ["-e", `POSTGRES_PASSWORD=${password}`];
  await engine.client("run", "--rm", ...hardened, ...data, ...secret, initImage);
}

async function startServer({ engine, image }: CheckInput): Promise<Container> {
  const flags = ["--tmpfs", "/var/run/postgresql", ...data];
  const container = await startContainer(engine, image, { flags });
  await untilReady(engine, container, async () => (await psql(container, "SELECT 1")).code === 0);
  return container;
}

function psql(container: Container, statement: string, given = password): Promise<ProgramRun> {
  const argv = ["psql", "-h", "127.0.0.1", "-U", "postgres", "--no-psqlrc", "-qAt", "-c", statement];
  return inNetworkOf(container, argv, { env: { PGPASSWORD: given, LC_ALL: "C.UTF-8" } });
}
