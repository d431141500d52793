import { z } from 'zod'
import { type Cell, cellNumber, cellTimeMs } from '../../files/index.ts'
import { defineValueExpectation, type ExpectationKind } from '../expectation.ts'

type Present = Exclude<Cell, null>
const isNumber = (cell: Present) =>
  typeof cell !== 'boolean' && !(cell instanceof Date) && !Number.isNaN(cellNumber(cell))
const isInteger = (cell: Present) => isNumber(cell) && Number.isInteger(cellNumber(cell))
const isBoolean = (cell: Present) => typeof cell === 'boolean' || /^(true|false)$/i.test(String(cell))
const isTime = (cell: Present) => typeof cell !== 'boolean' && !Number.isNaN(cellTimeMs(cell))

/**
 * Names of types as pandas, NumPy and Python say them. A cell of CSV is of every type that its text can be read as: there
 * a type is a property of the single values.
 */
const TYPES: Record<string, (cell: Present) => boolean> = {
  ...same(['int', 'int8', 'int16', 'int32', 'int64', 'Int32', 'Int64', 'INTEGER'], isInteger),
  ...same(['float', 'float32', 'float64', 'Float64', 'FLOAT', 'DOUBLE'], isNumber),
  ...same(['bool', 'boolean', 'BOOLEAN'], isBoolean),
  ...same(['datetime', 'Timestamp', 'TIMESTAMP', 'datetime64', 'datetime64[ns]', 'datetime64[us]'], isTime),
  ...same(['datetime64[ms]', 'datetime64[ns, UTC]', 'datetime64[us, UTC]', 'datetime64[ms, UTC]'], isTime),
  ...same(['str', 'string', 'object', 'STRING', 'TEXT'], () => true),
}

function same(names: readonly string[], is: (cell: Present) => boolean): Record<string, typeof is> {
  return Object.fromEntries(names.map((name) => [name, is]))
}

const typeName = z
  .string()
  .refine((name) => name in TYPES, { error: `expected one of ${Object.keys(TYPES).join(', ')}` })

/** What values of a column are. */
export const TYPE_EXPECTATIONS: readonly ExpectationKind[] = [
  defineValueExpectation(
    'expect_column_values_to_be_of_type',
    { type_: typeName },
    ({ type_: type }) => TYPES[type]!,
  ),
  defineValueExpectation(
    'expect_column_values_to_be_in_type_list',
    { type_list: z.array(typeName).min(1) },
    ({ type_list: types }) =>
      (cell) =>
        types.some((type) => TYPES[type]!(cell)),
  ),
]
