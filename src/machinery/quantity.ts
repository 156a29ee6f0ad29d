/** Resource quantities, by the name that the rest of the system knows them by. */
export { addQuantities, parseQuantity, Quantity, QuantityError, tryParseQuantity } from "../schema/scalars/quantity.ts";
