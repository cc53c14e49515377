import type { RequestHandler } from 'express';
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
