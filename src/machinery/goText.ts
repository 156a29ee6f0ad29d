/** Texts as Go prints them, by the name that the rest of the system knows them by. */
export { goJson, goQuote } from "../schema/scalars/goText.ts";
