/** A transport with sockets to close, and the same with a bearer token. Loads no network code itself. */
import type { Transport } from "../machinery/http.ts";

export interface ClosableTransport {
  readonly transport: Transport;
  /** Drops idle and busy sockets. */
  readonly close: () => void;
}

/** The same transport with a bearer token on each request. */
export function withBearer(connection: ClosableTransport, token: string): ClosableTransport {
  const authorization = `Bearer ${token}`;
  return {
    close: connection.close,
    transport: (request) => connection.transport({ ...request, headers: { ...request.headers, authorization } }),
  };
}
