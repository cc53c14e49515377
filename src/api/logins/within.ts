import { AppError } from '../../errors';

/** What is awaited, or UNAUTHENTICATED where it takes longer than so many seconds. */
export async function within<T>(seconds: number, awaited: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(
      () => reject(new AppError('UNAUTHENTICATED', `No login arrived within ${seconds} s.`)),
      seconds * 1_000,
    );
  });
  return Promise.race([awaited, late]).finally(() => clearTimeout(timer));
}
