/** What every protobuf body of the API begins with. */
export const protobufMagic: readonly number[] = [0x6b, 0x38, 0x73, 0x00];
