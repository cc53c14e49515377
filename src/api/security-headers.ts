import type { Request, RequestHandler, Response } from 'express';
import helmet from 'helmet';

/**
 * Headers that tell browsers to do nothing with an answer but hand it over: no script, no frame, no guess at its type. The
 * explorer, which is a page, has a policy of its own.
 */
export const securityHeaders: RequestHandler = helmet({
  contentSecurityPolicy: {
    useDefaults: false,
    directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] },
  },
  // Who may read an answer is said by CORS; pages of allowed origins are cross-origin all the same.
  crossOriginResourcePolicy: { policy: 'cross-origin' },
  referrerPolicy: { policy: 'no-referrer' },
  xFrameOptions: { action: 'deny' },
});

/** The same headers, names and values in turn: they do not depend on the request. */
export const fixedSecurityHeaders: readonly string[] = headersSetBy(securityHeaders);

function headersSetBy(set: RequestHandler): string[] {
  const found: string[] = [];
  const response = {
    setHeader: (name: string, value: string) => found.push(name, value),
    removeHeader: () => undefined,
  };
  set({} as Request, response as unknown as Response, () => undefined);
  return found;
}
