import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { array, bool, duration, type FlagTable, int, list, text } from "./flags.ts";
import { FlagError, parseFlags, takesNextWord } from "./parseFlags.ts";

const table = {
  all: bool({ short: "A" }),
  count: int({ short: "c", initial: 3, bits: 32 }),
  filename: list({ short: "f" }),
  literal: array(),
  name: text({ short: "n" }),
  old: bool({ deprecated: "use --all" }),
  watch: bool({ short: "w" }),
  "dry-run": text({ initial: "none", bare: "unchanged" }),
  timeout: duration({ initial: 1000 }),
} satisfies FlagTable;

const read = (...words: string[]): ReturnType<typeof parseFlags> => parseFlags(table, words);

const problemOf = (...words: string[]): string => {
  try {
    read(...words);
  } catch (error) {
    if (error instanceof FlagError) return error.message;
    throw error;
  }
  return "";
};

describe("what is written is read", () => {
  const argument = fc.string().filter((word) => !word.startsWith("-"));
  const given = fc.record(
    {
      all: fc.boolean(),
      count: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
      filename: fc.array(fc.string({ minLength: 1 }), { minLength: 1, maxLength: 3 }),
      literal: fc.array(fc.string(), { minLength: 1, maxLength: 3 }),
      name: fc.string(),
    },
    { requiredKeys: [] },
  );
  const quoted = (field: string): string => `"${field.replaceAll('"', '""')}"`;

  test("flags with values, in any order between arguments", () => {
    fc.assert(
      fc.property(given, fc.array(argument), fc.boolean(), (flags, args, joined) => {
        const words = [...args];
        const put = (name: string, value: string): void => void words.unshift(...(joined ? [`--${name}=${value}`] : [`--${name}`, value]));
        if (flags.all !== undefined) words.push(`--all=${flags.all}`);
        if (flags.count !== undefined) put("count", String(flags.count));
        if (flags.filename !== undefined) put("filename", flags.filename.map(quoted).join(","));
        for (const one of (flags.literal ?? []).toReversed()) put("literal", one);
        if (flags.name !== undefined) put("name", flags.name);
        const parsed = read(...words);
        expect(parsed.values).toMatchObject({ all: false, count: 3, filename: [], literal: [], name: "", ...flags });
        expect([...parsed.changed].toSorted()).toEqual(Object.keys(flags).toSorted());
        expect(parsed.args).toEqual(args);
      }),
    );
  });

  test("nothing behind -- is a flag", () => {
    fc.assert(
      fc.property(fc.array(argument), fc.array(fc.string()), (before, behind) => {
        const parsed = read(...before, "--", ...behind);
        expect(parsed.args).toEqual([...before, ...behind]);
        expect(parsed.dashAt).toBe(before.length);
        expect(parsed.changed.size).toBe(0);
      }),
    );
  });
});

test("shorthands stand together, and the last one takes the rest", () => {
  expect(read("-Awnx").values).toMatchObject({ all: true, watch: true, name: "x" });
  expect(read("-n=x").values).toMatchObject({ name: "x" });
  expect(read("-An", "x").values).toMatchObject({ all: true, name: "x" });
  expect(read("-f", "a,b", "-fc").values["filename"]).toEqual(["a", "b", "c"]);
});

test("a lone dash is an argument; the first argument may end the flags", () => {
  expect(read("-", "-A").args).toEqual(["-"]);
  const parsed = parseFlags(table, ["-A", "ls", "-w"], false);
  expect(parsed.args).toEqual(["ls", "-w"]);
  expect(parsed.values["watch"]).toBe(false);
});

test("a flag's bare value, and its name with underscores", () => {
  expect(read("--dry-run", "server").values["dry-run"]).toBe("unchanged");
  expect(read("--dry_run=server").values["dry-run"]).toBe("server");
});

test("--help is a boolean like others", () => {
  expect(read("--help").help).toBe(true);
  expect(read("-Ah").help).toBe(true);
  expect(read("--help=false").help).toBe(false);
  expect(problemOf("--help=maybe")).toContain('for "-h, --help" flag: strconv.ParseBool: parsing "maybe"');
});

test("deprecated flags are told of once used", () => {
  expect(read("-A").notes).toEqual([]);
  expect(read("--old").notes).toEqual(["Flag --old has been deprecated, use --all\n"]);
});

test.each([
  [["--nope"], "unknown flag: --nope"],
  [["--nope=1"], "unknown flag: --nope"],
  [["-x"], "unknown shorthand flag: 'x' in -x"],
  [["-Ax1"], "unknown shorthand flag: 'x' in -x1"],
  [["---all"], "bad flag syntax: ---all"],
  [["--=x"], "bad flag syntax: --=x"],
  [["--name"], "flag needs an argument: --name"],
  [["-An"], "flag needs an argument: 'n' in -n"],
  [["--count=x"], 'invalid argument "x" for "-c, --count" flag: strconv.ParseInt: parsing "x": invalid syntax'],
  [
    ["--count=2147483648"],
    'invalid argument "2147483648" for "-c, --count" flag: strconv.ParseInt: parsing "2147483648": value out of range',
  ],
  [["--timeout=5"], 'invalid argument "5" for "--timeout" flag: time: missing unit in duration "5"'],
  [['--filename=a"'], 'invalid argument "a\\"" for "-f, --filename" flag: parse error on line 1, column 2: bare " in non-quoted-field'],
])("%j is refused", (words, problem) => {
  expect(problemOf(...words)).toBe(problem);
});

test("which words take the next one along", () => {
  expect(["--name", "-n", "--name=x", "--all", "-A", "-nx", "--dry-run"].filter((word) => takesNextWord(table, word))).toEqual([
    "--name",
    "-n",
  ]);
});
