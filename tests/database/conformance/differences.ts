/**
 * The tests that FerretDB fails, and what it does instead. In each the embedded database does what the MongoDB manual
 * says. They run all the same and have to fail: a difference that is gone is to leave this list, and its row in
 * docs/embedded-database.md.
 */
export const ferretDbFails: ReadonlyMap<string, string> = new Map([
  // Matching and order
  ['matches an array by any element, and by the whole', 'stores no array in an array'],
  [
    'lets different elements satisfy two conditions, and one element with $elemMatch',
    'lets different elements satisfy the conditions of one $elemMatch',
  ],
  [
    'asks the conditions of $elemMatch of one document in the array',
    'knows $elemMatch with operators only, not with fields',
  ],
  [
    'sorts values of all types in the order of the manual',
    'stores no decimal, MinKey or MaxKey, and closes the connection',
  ],
  ['compares numbers by value, whatever their types', 'stores no NaN, and closes the connection'],
  ['compares decimals with the other numbers by their exact value', 'stores no decimal'],
  ['keeps every digit of a decimal', 'stores no decimal'],
  // Updates
  ['leaves null where $unset takes an element away', 'removes the element, so that the others move up'],
  ['changes the element that the filter found by $', 'has no positional updates'],
  ['refuses $ where the filter found no element', 'has no positional updates, and answers 28 instead of 2'],
  ['changes every element by $[], and those of a filter by $[name]', 'has no positional updates'],
  ['puts, sorts and cuts in one $push', 'overlooks $sort, $slice and $position'],
  [
    'takes out by value, by condition, and by fields of documents',
    'compares a condition of $pull as a value',
  ],
  ['computes new values from old ones in a pipeline', 'has no updates in pipeline form'],
  // Upserts and findAndModify
  [
    'takes equalities from $and, from $in with one value, and from $all with one',
    'takes equalities from the top level and $eq only',
  ],
  ['refuses a filter that asks one field to be two things', 'inserts a document'],
  ['upserts by a pipeline from what the filter says', 'has no updates in pipeline form'],
  ['shows of the document what the projection of findAndModify asks for', 'has no fields in findAndModify'],
  // Indexes
  ['names the key and the value of a duplicate', 'leaves out keyPattern and keyValue'],
  ['names the _id of a duplicate', 'leaves out keyPattern and keyValue'],
  [
    'takes a missing field for null in a unique index',
    'takes null for different from every null, as SQL does',
  ],
  [
    'wants the fields of a compound key to differ only together, missing ones too',
    'takes null for different from every null, as SQL does',
  ],
  [
    'wants each element of an array to be nowhere else in a unique index',
    'compares whole arrays in a unique index',
  ],
  ['wants only those documents to be unique that a partial index is about', 'has no partial indexes'],
  ['refuses an update that would make a duplicate, and changes nothing', 'answers 1 instead of 11000'],
  ['makes no unique index over duplicates', 'answers 1 instead of 11000'],
  ['lists indexes with their options, and says which one a query uses', 'explains by the plan of SQLite'],
  ['removes documents whose time is over, and no others', 'has no TTL indexes'],
  // The rest
  [
    'takes out the documents that a filter with $or finds, and the arrays that $elemMatch does',
    'compares a condition of $pull as a value',
  ],
  ['refuses array filters that are not used, not there, or about two elements', 'has no array filters'],
  [
    'lets no operator bring a name with a dollar, and leaves one that an insert brought',
    'stores no name with a dollar, and answers 2 instead of 52',
  ],
  ['stores documents of 180 levels, and no deeper ones', 'stores deeper ones'],
  [
    'keeps a document of almost 16 MiB, and refuses a larger one with a clear error',
    'lets an update grow a document beyond 16 MiB',
  ],
  ['groups, joins and unwinds in a pipeline', 'has neither $addToSet nor $lookup'],
  ['refuses an operator that nobody knows', 'answers 40234 instead of 40324 for an unknown stage'],
]);
