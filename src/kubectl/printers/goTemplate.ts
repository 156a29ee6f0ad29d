/** `-o go-template`. Upstream: cli-runtime/pkg/printers/template.go */
import { KubectlError, textOf } from "../errors.ts";
import { goSprint } from "./goValue.ts";
import { GoTemplate } from "./gotemplate/run.ts";
import { jsonText } from "./json.ts";

export class GoTemplatePrinter {
  private readonly text: string;
  private readonly template: GoTemplate;

  /** Throws KubectlError. */
  constructor(text: string, allowMissingKeys: boolean) {
    this.text = text;
    try {
      this.template = new GoTemplate(text, { allowMissingKeys });
    } catch (error) {
      throw new KubectlError(`error parsing template ${text}, ${textOf(error)}`);
    }
  }

  /** A failure is told twice, as upstream does: on stdout with everything that helps, then as the error. */
  print(value: unknown, out: (text: string) => void): void {
    try {
      this.template.run(value, out);
    } catch (error) {
      const problem = textOf(error);
      out(
        `Error executing template: ${problem}. Printing more information for debugging the template:\n\ttemplate was:\n\t\t${this.text}\n\traw data was:\n\t\t${jsonText(value, { indent: "" })}\n\tobject given to template engine was:\n\t\t${goSprint(value)}\n\n`,
      );
      throw new KubectlError(`error executing template ${JSON.stringify(this.text)}: ${problem}`);
    }
  }
}
