import { expect, test } from "vitest";
import { foldedLines } from "./foldedLines.ts";
import { wrapWords } from "./wrapWords.ts";

test.each([
  ["short", "short"],
  ["one two three four", "one two\nthree four"],
  ["exactly 10", "exactly 10"],
  ["a verylongwordindeed b", "a\nverylongwordindeed\nb"],
  ["line one\n\nline two", "line one\n\nline two"],
  ["  lead  in", "  lead  in"],
  ["trailing spaces     ", "trailing\nspaces"],
])("%j wrapped at 10", (text, wrapped) => {
  expect(wrapWords(text, 10)).toBe(wrapped);
});

test.each([
  ["joined\nlines go on", ["joined lines", "go on"]],
  ["a list:\n- one\n- two three", ["a list:", "- one", "- two three"]],
  ["para\n\npara two", ["para", "para two"]],
  ["a full line of text\n\nnext", ["a full line", "of text", "", "next"]],
  ["words words words\n    code  as it is\nmore", ["words words", "words", "    code  as it is", "more"]],
])("%j folded at 12", (text, lines) => {
  expect(foldedLines(text, 12)).toEqual(lines);
});
