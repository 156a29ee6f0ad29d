/** Lists of amounts as command lines write them: `cpu=100m,memory=256Mi`. Upstream: populateResourceListV1 */
import { parseQuantity } from "../../machinery/quantity.ts";
import { KubectlError, textOf } from "../errors.ts";

export function quantitiesOf(list: string): Record<string, string> {
  const amounts: Record<string, string> = {};
  for (const statement of list === "" ? [] : list.split(",")) {
    const [name = "", amount, ...more] = statement.split("=");
    if (amount === undefined || more.length > 0) {
      throw new KubectlError(`Invalid argument syntax ${statement}, expected <resource>=<value>`);
    }
    try {
      amounts[name] = parseQuantity(amount).toString();
    } catch (error) {
      throw new KubectlError(textOf(error));
    }
  }
  return amounts;
}
