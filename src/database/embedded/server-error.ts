import type { Document, Value } from './bson/types';

/**
 * The names of the error codes this server gives
 * (https://github.com/mongodb/mongo/blob/master/src/mongo/base/error_codes.yml). A code without a name is shown as
 * `Location<code>`, as a real server does.
 */
const codeNames: Readonly<Record<number, string>> = {
  1: 'InternalError',
  2: 'BadValue',
  4: 'NoSuchKey',
  8: 'UnknownError',
  9: 'FailedToParse',
  11: 'UserNotFound',
  13: 'Unauthorized',
  14: 'TypeMismatch',
  15: 'Overflow',
  16: 'InvalidLength',
  17: 'ProtocolError',
  20: 'IllegalOperation',
  22: 'InvalidBSON',
  26: 'NamespaceNotFound',
  27: 'IndexNotFound',
  28: 'PathNotViable',
  31: 'RoleNotFound',
  33: 'CannotBackfillArray',
  36: 'CursorInUse',
  40: 'ConflictingUpdateOperators',
  43: 'CursorNotFound',
  47: 'NoMatchingDocument',
  48: 'NamespaceExists',
  50: 'MaxTimeMSExpired',
  52: 'DollarPrefixedFieldName',
  53: 'InvalidIdField',
  54: 'NotSingleValueField',
  55: 'InvalidDBRef',
  56: 'EmptyFieldName',
  57: 'DottedFieldName',
  59: 'CommandNotFound',
  65: 'MultipleErrorsOccurred',
  66: 'ImmutableField',
  67: 'CannotCreateIndex',
  68: 'IndexAlreadyExists',
  72: 'InvalidOptions',
  73: 'InvalidNamespace',
  76: 'NoReplicationEnabled',
  85: 'IndexOptionsConflict',
  86: 'IndexKeySpecsConflict',
  93: 'InvalidPipelineOperator',
  96: 'OperationFailed',
  100: 'UnsatisfiableWriteConcern',
  111: 'NotExactValueField',
  115: 'CommandNotSupported',
  121: 'DocumentValidationFailure',
  136: 'CappedPositionLost',
  146: 'ExceededMemoryLimit',
  166: 'CommandNotSupportedOnView',
  168: 'InvalidPipelineOperator',
  171: 'CannotIndexParallelArrays',
  187: 'InvalidIndexSpecificationOption',
  197: 'InvalidIndexSpecificationOption',
  215: 'InvalidUUID',
  238: 'NotImplemented',
  241: 'ConversionFailure',
  263: 'OperationNotSupportedInTransaction',
  276: 'IndexBuildAborted',
  291: 'NoQueryExecutionPlans',
  303: 'FeatureNotSupported',
  322: 'APIVersionError',
  323: 'APIStrictError',
  352: 'UnsupportedOpQueryCommand',
  366: 'DataCorruptionDetected',
  10107: 'NotWritablePrimary',
  10334: 'BSONObjectTooLarge',
  11000: 'DuplicateKey',
  11601: 'Interrupted',
  14031: 'OutOfDiskSpace',
  17280: 'KeyTooLong',
  40414: 'IDLFailedToParse',
  40415: 'IDLUnknownField',
};

/** An answer that says no. `details` are further fields of the reply, such as keyPattern. */
export class ServerError extends Error {
  override readonly name = 'ServerError';
  constructor(
    readonly code: number,
    message: string,
    readonly details: Document = new Map<string, Value>(),
  ) {
    super(message);
  }

  get codeName(): string {
    return codeNames[this.code] ?? `Location${this.code}`;
  }
}

export const badValue = (message: string) => new ServerError(2, message);
export const failedToParse = (message: string) => new ServerError(9, message);
export const typeMismatch = (message: string) => new ServerError(14, message);

/**
 * What a real server can do and this one leaves out. Never a guess at a result: set MONGO_URI to use it.
 * The code is the one a server gives that does not know the feature.
 */
export function leftOut(feature: string, code = 115): ServerError {
  return new ServerError(
    code,
    `${feature} is not supported by the embedded database; set MONGO_URI to use a MongoDB server`,
  );
}
