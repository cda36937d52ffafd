/**
 * A pickle machine that can only build data: it imports nothing and calls only functions on an allow-list.
 *
 * A pickle is a program for a stack machine (documented in Python's pickletools), and a malicious one calls os.system.
 * This machine knows only the opcodes below and the globals of the caller. A file that uses others is refused, and the
 * error names them.
 */

import { UsageError } from '../errors.ts';
import { shown } from '../schema/shown.ts';
import { PickleReader } from './pickleReader.ts';

/** The base class of the objects that the caller's globals make, and of these globals. */
export abstract class PickleObject {}

/** A Python name that a pickle may use, and the effect of a call. */
export class PickleGlobal extends PickleObject {
  constructor(
    readonly name: string,
    readonly call?: (args: PickleValue[]) => PickleValue,
  ) {
    super();
  }
}

export type PickleKey = string | number | boolean | null;
export type PickleDict = Map<PickleKey, PickleValue>;
/** Lists and tuples are arrays. */
export type PickleValue = PickleKey | PickleValue[] | PickleDict | PickleObject;

export interface PickleHost {
  /** The start of errors: the file. */
  readonly what: string;
  /** By 'module.name'. */
  readonly globals: ReadonlyMap<string, PickleGlobal>;
  /** The value of an object that is stored outside of the pickle. */
  persistentLoad(id: PickleValue): PickleValue;
}

const MAX_PROTOCOL = 5;
/** Known opcodes that are refused, by name for errors. */
const REFUSED_OPCODES: Record<number, string> = {
  105: 'INST',
  111: 'OBJ',
  129: 'NEWOBJ',
  146: 'NEWOBJ_EX',
  130: 'EXT1',
  131: 'EXT2',
  132: 'EXT4',
  80: 'PERSID',
  66: 'BINBYTES',
  67: 'SHORT_BINBYTES',
  150: 'BYTEARRAY8',
  151: 'NEXT_BUFFER',
};

/** Runs a pickle and returns the value it builds. Throws UsageError for any other opcode or global. */
export function unpickle(bytes: Uint8Array<ArrayBuffer>, host: PickleHost): PickleValue {
  return new PickleMachine(bytes, host).run();
}

class PickleMachine {
  private readonly reader: PickleReader;
  private readonly stack: PickleValue[] = [];
  private readonly marks: number[] = [];
  private readonly memo = new Map<number, PickleValue>();

  constructor(
    bytes: Uint8Array<ArrayBuffer>,
    private readonly host: PickleHost,
  ) {
    this.reader = new PickleReader(bytes, (problem) => this.refusal(problem));
  }

  run(): PickleValue {
    for (;;) {
      const opcode = this.reader.u8();
      if (opcode === 0x2e /* STOP */) return this.pop();
      this.step(opcode);
    }
  }

  private step(opcode: number): void {
    const { reader, stack } = this;
    switch (opcode) {
      case 0x80: // PROTO
        this.checkProtocol(reader.u8());
        break;
      case 0x95: // FRAME: its length is not needed
        reader.take(8);
        break;
      case 0x28: // MARK
        this.marks.push(stack.length);
        break;
      case 0x4e: // NONE
        stack.push(null);
        break;
      case 0x88: // NEWTRUE
      case 0x89: // NEWFALSE
        stack.push(opcode === 0x88);
        break;
      case 0x4b: // BININT1
        stack.push(reader.u8());
        break;
      case 0x4d: // BININT2
        stack.push(reader.u16());
        break;
      case 0x4a: // BININT
        stack.push(reader.i32());
        break;
      case 0x8a: // LONG1
        stack.push(reader.long(reader.u8()));
        break;
      case 0x47: // BINFLOAT
        stack.push(reader.f64());
        break;
      case 0x55: // SHORT_BINSTRING
      case 0x8c: // SHORT_BINUNICODE
        stack.push(reader.string(reader.u8()));
        break;
      case 0x54: // BINSTRING
      case 0x58: // BINUNICODE
        stack.push(reader.string(reader.u32()));
        break;
      case 0x5d: // EMPTY_LIST
      case 0x29: // EMPTY_TUPLE
        stack.push([]);
        break;
      case 0x7d: // EMPTY_DICT
        stack.push(new Map());
        break;
      case 0x74: // TUPLE
        stack.push(this.popToMark());
        break;
      case 0x85: // TUPLE1
      case 0x86: // TUPLE2
      case 0x87: // TUPLE3
        stack.push(this.popMany(opcode - 0x84));
        break;
      case 0x61: // APPEND
        this.append([this.pop()]);
        break;
      case 0x65: // APPENDS
        this.append(this.popToMark());
        break;
      case 0x73: // SETITEM
        this.setItems(this.popMany(2));
        break;
      case 0x75: // SETITEMS
        this.setItems(this.popToMark());
        break;
      case 0x71: // BINPUT
        this.memo.set(reader.u8(), this.top());
        break;
      case 0x72: // LONG_BINPUT
        this.memo.set(reader.u32(), this.top());
        break;
      case 0x94: // MEMOIZE
        this.memo.set(this.memo.size, this.top());
        break;
      case 0x68: // BINGET
        stack.push(this.remembered(reader.u8()));
        break;
      case 0x6a: // LONG_BINGET
        stack.push(this.remembered(reader.u32()));
        break;
      case 0x63: // GLOBAL
        stack.push(this.global(reader.line(), reader.line()));
        break;
      case 0x93: // STACK_GLOBAL
        stack.push(this.global(...(this.popMany(2) as [PickleValue, PickleValue])));
        break;
      case 0x51: // BINPERSID
        stack.push(this.host.persistentLoad(this.pop()));
        break;
      case 0x52: // REDUCE
        stack.push(this.call(...(this.popMany(2) as [PickleValue, PickleValue])));
        break;
      case 0x62: // BUILD
        this.build();
        break;
      default:
        throw this.refusal(
          `uses the pickle opcode ${REFUSED_OPCODES[opcode] ?? `0x${opcode.toString(16)}`}, ` +
            'which a file of tensors does not need',
        );
    }
  }

  private floor(): number {
    return this.marks.at(-1) ?? 0;
  }

  private top(): PickleValue {
    if (this.stack.length <= this.floor()) throw this.refusal('pops from an empty stack');
    return this.stack[this.stack.length - 1];
  }

  private pop(): PickleValue {
    const value = this.top();
    this.stack.pop();
    return value;
  }

  private popMany(count: number): PickleValue[] {
    if (this.stack.length - count < this.floor()) throw this.refusal('pops from an empty stack');
    return this.stack.splice(this.stack.length - count);
  }

  private popToMark(): PickleValue[] {
    const mark = this.marks.pop();
    if (mark === undefined) throw this.refusal('pops to a missing mark');
    return this.stack.splice(mark);
  }

  private remembered(key: number): PickleValue {
    const value = this.memo.get(key);
    if (value === undefined) throw this.refusal(`reads memo ${key}, which it never stored`);
    return value;
  }

  private append(values: PickleValue[]): void {
    const list = this.top();
    if (!Array.isArray(list)) throw this.refusal('appends to a value that is not a list');
    for (const value of values) list.push(value);
  }

  private setItems(items: PickleValue[]): void {
    const dict = this.top();
    if (!(dict instanceof Map)) throw this.refusal('sets an item of a value that is not a dict');
    if (items.length % 2 !== 0) throw this.refusal('has a key without a value');
    for (let i = 0; i < items.length; i += 2) {
      const key = items[i];
      if (typeof key === 'object' && key !== null) throw this.refusal('has a key that is not a scalar');
      dict.set(key, items[i + 1]);
    }
  }

  private global(module: PickleValue, name: PickleValue): PickleGlobal {
    if (typeof module !== 'string' || typeof name !== 'string') {
      throw this.refusal('names a Python global by a value that is not a text');
    }
    const found = this.host.globals.get(`${module}.${name}`);
    if (found) return found;
    throw this.refusal(`needs the Python global ${shown(`${module}.${name}`)}`);
  }

  private call(callee: PickleValue, args: PickleValue): PickleValue {
    if (callee instanceof PickleGlobal && callee.call && Array.isArray(args)) {
      return callee.call(args);
    }
    const name = callee instanceof PickleGlobal ? callee.name : typeof callee;
    throw this.refusal(`calls ${shown(name)}, which is not an allowed function`);
  }

  /** torch adds a version table to its OrderedDict as an attribute, which is ignored. */
  private build(): void {
    this.pop();
    if (!(this.top() instanceof Map)) throw this.refusal('sets the attributes of an object');
  }

  private checkProtocol(protocol: number): void {
    if (protocol > MAX_PROTOCOL) {
      throw this.refusal(`has pickle protocol ${protocol}, expected at most ${MAX_PROTOCOL}`);
    }
  }

  private refusal(problem: string): Error {
    return new UsageError(
      '',
      `${this.host.what} ${problem}. ` +
        'The file is refused: save plain tensors with torch.save(model.state_dict()), ' +
        'or convert the file to safetensors.',
    );
  }
}
