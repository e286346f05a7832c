#!/usr/bin/env python3
"""A second reader of Varve's format, which shares nothing with the first: another language, and no source but docs/format.md and
docs/recovery.md. Where the two disagree, one of them or the documents are wrong.

    second_reader.py DIRECTORY...     prints what each log holds
    second_reader.py -                the same, for each line of the standard input; the answers end with an empty line

An answer is the line `verdict NAME segment S block B batch N evidence E`, without a place if no walk led to the verdict, then one line `record LSN SEQUENCE KIND LENGTH CRC` for each
record of the intact prefix; CRC is that of zlib, over the payload. Every batch is walked. What only a device that fails to read can show
(UNREADABLE, UNDECIDABLE) and what only a live writer shows (LIVE) does not occur here.
"""
import functools
import os
import re
import struct
import sys
import zlib
from collections import namedtuple

MASK, MAX, GOLD = 2**64 - 1, 2**62, 0x9E3779B97F4A7C15
DATA, SEAL, CLOSE = 1, 2, 3
ORIGIN = 1

Manifest = namedtuple('Manifest', 'clean reserved_byte id_low id_high generation epoch lowest highest durable_batch durable_segment '
                      'durable_block reserved_int durable_chain reserved')
Segment = namedtuple('Segment', 'contract preparation id_low id_high number salt epoch block_size block_count k batch_blocks_max '
                     'base_lsn base_batch base_sequence before kind end_block end_batch end_chain end_lsn end_sequence storage reserved')
Batch = namedtuple('Batch', 'kind reserved_byte id_low salt segment epoch number sequence block blocks body_length record_count time_ms '
                   'w previous_chain reserved body_crc')
Record = namedtuple('Record', 'lsn sequence kind payload')
LAYOUT = {b'VRVM': (Manifest, '<BBQQqqqqqqiiQ36s'), b'VRVS': (Segment, '<BBQQqQqiiiiqqqqiiqQqqi112s'),
          b'VRVB': (Batch, '<BBQQqqqqiiiiqqQ24sI')}
LENGTH = {b'VRVM': 128, b'VRVS': 256, b'VRVB': 128}


class Unsupported(Exception):
    """A whole structure of a version that this reader does not know."""


class Fault(Exception):
    """Ends the examination with a verdict that the inventory found."""


class BadRecord(Exception):
    """A record that is not valid, in a batch that is: only whoever reads it finds it."""


def crc_table(bits):
    for entry in range(1 << bits):
        for _ in range(bits):
            entry = entry >> 1 ^ (0x82F63B78 if entry & 1 else 0)
        yield entry


TABLE, TABLE_OF_PAIRS = list(crc_table(8)), list(crc_table(16))


@functools.lru_cache(maxsize=1 << 15)
def crc32c(data):
    crc, table, even = 0xFFFFFFFF, TABLE_OF_PAIRS, len(data) & ~1
    for pair in struct.unpack('<%dH' % (even >> 1), data[:even]):
        crc = crc >> 16 ^ table[(crc ^ pair) & 0xFFFF]
    for byte in data[even:]:
        crc = crc >> 8 ^ TABLE[(crc ^ byte) & 0xFF]
    return crc ^ 0xFFFFFFFF


def structure(magic, data, offset, block_size=4096):
    """The fields behind the version, or None; Unsupported carries the fields that no version moves."""
    raw = data[offset:offset + LENGTH[magic]]
    if len(data) < offset + block_size or raw[:4] != magic or crc32c(raw[:-4]) != struct.unpack('<I', raw[-4:])[0]:
        return None
    kind, layout = LAYOUT[magic]
    fields = kind(*struct.unpack(layout, raw[6:-4]))
    if raw[4:6] != b'\1\0':
        raise Unsupported(fields)
    return fields


def manifest_slot(data, offset):
    m = structure(b'VRVM', data, offset)
    valid = m and m.clean in (0, 1) and (m.id_low or m.id_high) and 1 <= m.generation <= MAX and 1 <= m.epoch <= MAX \
        and 1 <= m.lowest <= m.highest <= MAX and 0 <= m.durable_batch <= MAX and 0 <= m.durable_segment <= m.highest \
        and m.durable_block >= 0 and not (m.reserved_byte or m.reserved_int or any(m.reserved))
    return m if valid else None


def segment_header(data, offset):
    s = structure(b'VRVS', data, offset)
    if s is None:
        return None
    store = s.storage & 0xFFFFFFFF
    valid = s.contract in (1, 2, 3) and s.preparation in (1, 2, 3) and s.kind in (1, 2, 3, 4, 5) and (s.id_low or s.id_high) \
        and store & 15 <= 4 and store >> 4 & 3 <= 2 and store >> 6 & 3 <= 2 and store >> 13 & 3 <= 2 and store >> 15 == 0 \
        and s.block_size in (4096, 8192, 16384, 32768, 65536) and s.block_count >= 5 and s.block_size * s.block_count <= 2**34 and 1 <= s.k <= 1024 \
        and 1 <= s.batch_blocks_max <= s.block_count - 4 and s.batch_blocks_max * s.block_size <= 2**30 \
        and all(1 <= number <= MAX for number in (s.number, s.epoch, s.base_batch, s.base_sequence)) \
        and 0 <= s.base_lsn <= MAX - s.block_size * s.block_count \
        and (s.before == 0 if s.kind == ORIGIN else 1 <= s.before <= s.number - 1) \
        and s.end_block >= 0 and 0 <= s.end_batch < s.base_batch and 0 <= s.end_lsn <= s.base_lsn \
        and s.end_sequence == s.base_sequence and not any(s.reserved)
    return s if valid else None


def headers_of_file(data):
    """The valid headers of a file: block 0, then the copy in the last block."""
    first = segment_header(data, 0)
    if first:
        return [header for header in (first, segment_header(data, (first.block_count - 1) * first.block_size)) if header]
    copies = [(1 << shift, segment_header(data, len(data) - (1 << shift))) for shift in range(12, 17) if len(data) > 1 << shift]
    return [copy for size, copy in copies if copy and copy.block_size == size and copy.block_size * copy.block_count == len(data)]


def batch_header(s, data, block):
    """The header that belongs to this block, or None."""
    try:
        b = structure(b'VRVB', data, block * s.block_size, s.block_size)
    except Unsupported as newer:
        b = newer.args[0]
        if (b.id_low, b.salt, b.segment, b.block) == (s.id_low, s.salt, s.number, block):
            raise
        return None
    valid = b and b.kind in (DATA, SEAL, CLOSE) and not b.reserved_byte and not any(b.reserved) \
        and (b.id_low, b.salt, b.segment, b.block) == (s.id_low, s.salt, s.number, block) and s.epoch <= b.epoch <= MAX \
        and 0 <= b.number - s.base_batch < block and 0 <= b.sequence - s.base_sequence <= block * s.block_size // 16 \
        and 1 <= b.blocks <= s.batch_blocks_max and block + b.blocks <= s.block_count - (3 if b.kind == DATA else 1) \
        and b.body_length >= 0 and b.blocks == -(-(128 + b.body_length) // s.block_size) \
        and 0 <= b.record_count <= b.body_length // 16 and (b.kind == DATA or b.record_count == 0)
    return b if valid else None


def chain_value(b, data, offset):
    return ((struct.unpack_from('<I', data, offset + 124)[0] << 32) + b.body_crc) * GOLD & MASK


class Walk:
    """The valid batches of a segment, one after the other, up to the end that its successor names if it has one; and what lies behind."""

    def __init__(self, s, data, manifest, successor=None):
        self.segment, self.data, self.batches, self.w, self.bug = s, data, [], 0, False
        self.block, self.number, self.chain, self.sequence = 1, s.base_batch - 1, s.end_chain, s.base_sequence
        end_block = s.block_count - 1
        if successor:
            batch_header(s, data, successor.end_block)
            end_block = min(max(1, (successor.end_lsn - s.base_lsn) // s.block_size), end_block)
        epoch, kind = s.epoch, DATA
        while self.block < end_block:
            b = batch_header(s, data, self.block)
            if b is None or (b.number, b.previous_chain, b.sequence) != (self.number + 1, self.chain, self.sequence) or b.epoch < epoch:
                break
            start, end = self.block * s.block_size, (self.block + b.blocks) * s.block_size
            if len(data) < end or self.block + b.blocks > end_block or crc32c(data[start + 128:end]) != b.body_crc:
                break
            chain = chain_value(b, data, start)
            if (b.number, s.number) == (manifest.durable_batch, manifest.durable_segment) \
                    and (self.block, chain) != (manifest.durable_block, manifest.durable_chain):
                break
            self.bug |= bad_w(s, b) or (kind == SEAL and b.kind != CLOSE) or (kind == CLOSE and b.epoch == epoch)
            self.batches.append(b)
            self.w = max(self.w, b.w)
            self.number, self.chain, self.block, self.sequence = b.number, chain, self.block + b.blocks, b.sequence + b.record_count
            epoch, kind = b.epoch, b.kind
        self.later = [b for b in (batch_header(s, data, block) for block in range(self.block, end_block)) if b]
        self.later_bug = any(bad_w(s, b) for b in self.later)

    def ends_as(self, successor):
        place = self.batches[-1].block if self.batches else 0
        end_lsn = self.segment.base_lsn + self.block * self.segment.block_size
        return (self.number, place, self.chain, end_lsn, self.sequence) == (
            successor.end_batch, successor.end_block, successor.end_chain, successor.end_lsn, successor.end_sequence)

    def records(self):
        for b in self.batches:
            at, sequence = b.block * self.segment.block_size + 128, b.sequence
            end = at + b.body_length if b.kind == DATA else at
            while at < end:
                length, crc, kind, flags, reserved = struct.unpack_from('<iIHHi', self.data, at)
                lsn, payload = self.segment.base_lsn + at, self.data[at + 16:at + 16 + max(0, length)]
                place = (self.segment.salt ^ lsn) * GOLD & MASK
                size = 16 + (length + 7 & ~7)
                if length < 0 or at + size > end or reserved or flags & ~1 or any(self.data[at + 16 + length:at + size]) \
                        or crc32c(struct.pack('<iHH', length, flags, kind) + payload) ^ place >> 32 != crc \
                        or not flags and sequence == b.sequence + b.record_count:
                    raise BadRecord(lsn)
                if not flags:
                    yield Record(lsn, sequence, kind, payload)
                    sequence += 1
                at += size
            if sequence != b.sequence + b.record_count:
                raise BadRecord(self.segment.base_lsn + at)


def fits(s, successor):
    """Whether what a header says of its predecessor is possible there."""
    length, rest = divmod(successor.end_lsn - s.base_lsn, s.block_size)
    return rest == 0 and 1 <= length <= s.block_count - 1 and successor.end_block < length and successor.end_batch >= s.base_batch - 1 \
        and successor.end_sequence >= s.base_sequence and s.base_lsn + s.block_size * s.block_count <= successor.base_lsn \
        and s.epoch <= successor.epoch


def bad_w(s, b):
    return b.w >= b.number or b.w < b.number - s.k


class Log:
    """One directory, examined: verdict, the place it speaks of, and the records of the intact prefix."""

    def __init__(self, directory):
        self.directory, self.records, self.place, self.verdict, self.bad_record = directory, [], '', None, None
        try:
            self.examine()
        except Unsupported:
            self.verdict, self.records, self.place = 'UNSUPPORTED', [], ''
        except Fault as fault:
            self.verdict = fault.args[0]

    def read(self, name):
        try:
            with open(os.path.join(self.directory, name), 'rb') as file:
                return file.read()
        except FileNotFoundError:
            return None

    def examine(self):
        self.numbers = sorted(int(name[:16], 16) for name in os.listdir(self.directory) if re.fullmatch('[0-9a-f]{16}[.]varve', name))
        data = self.read('MANIFEST')
        if data is None:
            raise Fault('BAD_MANIFEST' if self.numbers not in ([], [1]) or self.named_batch(1, None) else 'NO_LOG', 0)
        slots = [slot for slot in (manifest_slot(data, 0), manifest_slot(data, 65536)) if slot]
        if not slots:
            raise Fault('BAD_MANIFEST', 0)
        self.manifest = max(slots, key=lambda slot: slot.generation)
        try:
            chain = self.inventory()
        except Fault as fault:
            self.prefix(fault.args[1])
            raise
        self.judge(chain)

    def headers(self, number):
        """The file's own header or None, its other valid headers, and its bytes."""
        data = self.read('%016x.varve' % number)
        if data is None:
            raise Fault('SEGMENT_MISSING', number)
        wanted, headers = (number, self.manifest.id_low, self.manifest.id_high), headers_of_file(data)
        own = [h for h in headers if (h.number, h.id_low, h.id_high) == wanted]
        return max(own, key=lambda h: h.epoch, default=None), headers, data

    def named_batch(self, number, id_low):
        data = self.read('%016x.varve' % number) or b''
        for offset in range(0, len(data), 4096):
            try:
                b = structure(b'VRVB', data, offset)
            except Unsupported as newer:
                b = newer.args[0]
                if b.segment == number and id_low in (None, b.id_low):
                    raise
                continue
            if b and b.segment == number and id_low in (None, b.id_low):
                return True
        return False

    def check_unbegun(self, number, others):
        """What an earlier life of the same log left in a file may stay there until it is begun; what it never was, may not."""
        m = self.manifest
        if any((h.id_low, h.id_high) != (m.id_low, m.id_high) or h.number > number for h in others):
            raise Fault('SEGMENT_FOREIGN', number)

    def inventory(self):
        """The live segments, oldest first."""
        m, chain = self.manifest, []
        for number in self.numbers:
            if number > m.highest:
                header, others, _ = self.headers(number)
                if header:
                    raise Fault('BAD_MANIFEST', number)
                self.check_unbegun(number, others)
                if self.named_batch(number, m.id_low):
                    raise Fault('BAD_HEADER', number)
        number = m.highest
        header, others, data = self.headers(number)
        if header is None:
            self.check_unbegun(number, others)
            if number == m.lowest or m.durable_segment == number or self.named_batch(number, m.id_low):
                raise Fault('BAD_HEADER', number)
            number -= 1
        while True:
            header, others, data = self.headers(number)
            if header is None:
                raise Fault('SEGMENT_FOREIGN' if others else 'BAD_HEADER', number)
            if chain and not fits(header, chain[0][0]):
                raise Fault('BAD_HEADER', chain[0][0].number)
            chain.insert(0, (header, data))
            if number == m.lowest:
                return chain
            if header.kind == ORIGIN or header.before < m.lowest:
                raise Fault('SEGMENT_MISSING', m.lowest)
            number = header.before

    def prefix(self, fault):
        """What can be read of a log with a fault: from the lowest segment on, as long as there is only one way to go, up to the fault."""
        found = {}
        for number in self.numbers:
            if number >= self.manifest.lowest:
                header, _, data = self.headers(number)
                if header:
                    found[number] = (header, data)
        number, read = self.manifest.lowest, set()
        while number in found and number < fault:
            s, data = found[number]
            following = [other for other, _ in found.values() if other.before == number and other.number < fault]
            successor = following[0] if len(following) == 1 else None
            walk = Walk(s, data, self.manifest, successor)
            self.take(walk)
            read.add(number)
            number = successor.number if successor and walk.ends_as(successor) and not walk.bug else None
        for number in set(found) - read - {fault}:
            # Nothing here is read, but what a newer version wrote is met.
            if number <= self.manifest.highest:
                Walk(*found[number], self.manifest)

    def take(self, walk):
        try:
            if self.bad_record is None:
                self.records.extend(walk.records())
        except BadRecord as bad:
            self.bad_record = bad.args[0]

    def judge(self, chain):
        fault = None
        for (s, data), (successor, _) in zip(chain, chain[1:]):
            walk = Walk(s, data, self.manifest, successor)
            if fault is None:
                self.take(walk)
                if walk.bug or not walk.ends_as(successor):
                    fault = Fault('WRITER_BUG' if walk.bug or walk.later_bug else 'CORRUPT')
                    self.stopped(walk, successor.end_batch)
        s, data = chain[-1]
        walk = Walk(s, data, self.manifest)
        if fault:
            raise fault
        self.take(walk)
        evidence = max([walk.w, self.manifest.durable_batch] + [b.w for b in walk.later])
        self.stopped(walk, evidence)
        if walk.bug or walk.later_bug or self.highest_number([header for header, _ in chain], walk) > MAX // 2:
            self.verdict = 'WRITER_BUG'
        elif evidence > walk.number:
            self.verdict = 'CORRUPT'
        elif self.manifest.clean and walk.batches and walk.batches[-1].kind == CLOSE and all(b.number <= walk.number for b in walk.later):
            self.verdict = 'CLEAN'
        else:
            self.verdict = 'CRASH_TAIL'

    def highest_number(self, headers, walk):
        m, s = self.manifest, walk.segment
        numbers = [m.generation, m.epoch, m.highest, m.durable_batch, walk.number, walk.sequence, s.base_lsn + s.block_size * s.block_count]
        numbers += [header.epoch for header in headers] + [b.epoch for b in walk.batches]
        return max(numbers + [max(b.epoch, b.number) for b in walk.later if b.number > walk.number])

    def stopped(self, walk, evidence):
        self.place = ' segment %d block %d batch %d evidence %d' % (walk.segment.number, walk.block, walk.number, evidence)

    def print(self):
        lines = ['verdict ' + self.verdict + self.place]
        lines += ['record %d %d %d %d %08x' % (r.lsn, r.sequence, r.kind, len(r.payload), zlib.crc32(r.payload)) for r in self.records]
        lines += ['bad record %d' % self.bad_record] if self.bad_record else []
        print('\n'.join(lines), end='\n\n', flush=True)


if __name__ == '__main__':
    for line in (sys.stdin if sys.argv[1:] == ['-'] else sys.argv[1:]):
        Log(line.rstrip('\n')).print()
