#!/usr/bin/env python3
"""A second reader of Varve's format, which shares nothing with the first: another language, and no source but docs/format.md and
docs/recovery.md. Where the two disagree, one of them or the documents are wrong.

    second_reader.py DIRECTORY...     prints what each log holds
    second_reader.py -                the same, for each line of the standard input; the answers end with an empty line

An answer is the line `verdict NAME segment S block B batch N evidence E`, then one line `record LSN SEQUENCE KIND LENGTH CRC` for each
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


def crc_table():
    for entry in range(256):
        for _ in range(8):
            entry = entry >> 1 ^ (0x82F63B78 if entry & 1 else 0)
        yield entry


TABLE = list(crc_table())


@functools.lru_cache(maxsize=1 << 15)
def crc32c(data):
    crc, table = 0xFFFFFFFF, TABLE
    for byte in data:
        crc = crc >> 8 ^ table[(crc ^ byte) & 0xFF]
    return crc ^ 0xFFFFFFFF


def structure(magic, data, offset):
    """The fields behind the version, or None; Unsupported carries the fields that no version moves."""
    raw = data[offset:offset + LENGTH[magic]]
    if len(raw) < LENGTH[magic] or raw[:4] != magic or crc32c(raw[:-4]) != struct.unpack('<I', raw[-4:])[0]:
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
        and s.block_size in (4096, 8192, 16384, 32768, 65536) and s.block_count >= 5 and 1 <= s.k <= 1024 \
        and 1 <= s.batch_blocks_max <= s.block_count - 4 and s.batch_blocks_max * s.block_size <= 2**30 \
        and all(1 <= number <= MAX for number in (s.number, s.epoch, s.base_batch, s.base_sequence)) \
        and 0 <= s.base_lsn <= MAX - s.block_size * s.block_count \
        and (s.before == 0 if s.kind == ORIGIN else 1 <= s.before <= s.number - 1) \
        and s.end_block >= 0 and 0 <= s.end_batch < s.base_batch and 0 <= s.end_lsn <= s.base_lsn \
        and s.end_sequence == s.base_sequence and not any(s.reserved)
    return s if valid else None


def header_of_file(data):
    """The header in block 0 if it is valid, else the copy in the last block."""
    header = segment_header(data, 0)
    for shift in range(12, 17):
        offset = len(data) - (1 << shift)
        if header is None and offset > 0:
            copy = segment_header(data, offset)
            if copy and copy.block_size == 1 << shift and copy.block_size * copy.block_count == len(data):
                header = copy
    return header


def batch_header(s, data, block):
    """The header that belongs to this block, or None."""
    try:
        b = structure(b'VRVB', data, block * s.block_size)
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
    """The valid batches of a segment, one after the other, up to the batch that its successor names if it has one."""

    def __init__(self, s, data, manifest, last_batch=None):
        self.segment, self.data, self.batches, self.w, self.bug = s, data, [], s.base_batch - 1, False
        self.block, self.number, self.chain = 1, s.base_batch - 1, s.end_chain
        epoch, sequence, kind = s.epoch, s.base_sequence, DATA
        while last_batch is None or self.number < last_batch:
            b = batch_header(s, data, self.block) if self.block < s.block_count else None
            if b is None or (b.number, b.previous_chain, b.sequence) != (self.number + 1, self.chain, sequence) or b.epoch < epoch:
                break
            start, end = self.block * s.block_size, (self.block + b.blocks) * s.block_size
            if len(data) < end or crc32c(data[start + 128:end]) != b.body_crc:
                break
            chain = chain_value(b, data, start)
            if (b.number, s.number) == (manifest.durable_batch, manifest.durable_segment) \
                    and (self.block, chain) != (manifest.durable_block, manifest.durable_chain):
                break
            self.bug |= bad_w(s, b) or (kind == SEAL and b.kind != CLOSE) or (kind == CLOSE and b.epoch == epoch)
            self.batches.append(b)
            self.w = max(self.w, b.w)
            self.number, self.chain, self.block = b.number, chain, self.block + b.blocks
            epoch, sequence, kind = b.epoch, b.sequence + b.record_count, b.kind

    def ends_as(self, successor):
        place = self.batches[-1].block if self.batches else 0
        return (self.number, place, self.chain) == (successor.end_batch, successor.end_block, successor.end_chain)

    def records(self, end_lsn):
        for b in self.batches:
            at, sequence = b.block * self.segment.block_size + 128, b.sequence
            end = at + b.body_length if b.kind == DATA else at
            while at < end:
                length, crc, kind, flags, reserved = struct.unpack_from('<iIHHi', self.data, at)
                lsn, payload = self.segment.base_lsn + at, self.data[at + 16:at + 16 + max(0, length)]
                place = (self.segment.salt ^ lsn) * GOLD & MASK
                size = 16 + (length + 7 & ~7)
                if not 0 <= length or at + size > end or reserved or flags & ~1 or any(self.data[at + 16 + length:at + size]) \
                        or crc32c(struct.pack('<iHH', length, flags, kind) + payload) ^ place >> 32 != crc:
                    raise Fault('WRITER_BUG', self.segment.number, b.block)
                if not flags and lsn < end_lsn:
                    yield Record(lsn, sequence, kind, payload)
                    sequence += 1
                at += size


def bad_w(s, b):
    return b.w >= b.number or b.w < b.number - s.k


class Log:
    """One directory, examined: verdict, the place it speaks of, and the records of the intact prefix."""

    def __init__(self, directory):
        self.directory, self.records = directory, []
        self.verdict, self.segment, self.block, self.batch, self.evidence = None, 0, 0, 0, 0
        try:
            self.examine()
        except Unsupported:
            self.verdict, self.records = 'UNSUPPORTED', []
        except Fault as fault:
            self.verdict, self.segment, self.block = fault.args

    def read(self, name):
        try:
            with open(os.path.join(self.directory, name), 'rb') as file:
                return file.read()
        except FileNotFoundError:
            return None

    def examine(self):
        numbers = sorted(int(name[:16], 16) for name in os.listdir(self.directory) if re.fullmatch('[0-9a-f]{16}[.]varve', name))
        data = self.read('MANIFEST')
        if data is None:
            raise Fault('BAD_MANIFEST' if numbers not in ([], [1]) or self.named_batch(1, None) else 'NO_LOG', 0, 0)
        slots = [slot for slot in (manifest_slot(data, 0), manifest_slot(data, 65536)) if slot]
        if not slots:
            raise Fault('BAD_MANIFEST', 0, 0)
        self.manifest = max(slots, key=lambda slot: slot.generation)
        chain, fault = self.inventory()
        if not fault and any(self.begun(number) for number in numbers if number > self.manifest.highest):
            fault = Fault('BAD_MANIFEST', 0, 0)
        self.judge(chain, fault)
        if fault:
            raise fault

    def file_of(self, number):
        data = self.read('%016x.varve' % number)
        if data is None:
            raise Fault('SEGMENT_MISSING', number, 0)
        header = header_of_file(data)
        if header and (header.number, header.id_low, header.id_high) != (number, self.manifest.id_low, self.manifest.id_high):
            raise Fault('SEGMENT_FOREIGN', number, 0)
        return header, data

    def begun(self, number):
        try:
            return self.file_of(number)[0] is not None
        except Fault:
            return False

    def named_batch(self, number, id_low):
        data = self.read('%016x.varve' % number) or b''
        for offset in range(0, len(data), 4096):
            b = structure(b'VRVB', data, offset)
            if b and b.segment == number and id_low in (None, b.id_low):
                return True
        return False

    def inventory(self):
        """The live segments, oldest first, as far as they could be followed; and the fault that ended it."""
        m, chain = self.manifest, []
        number, may_be_unbegun = m.highest, True
        while True:
            try:
                header, data = self.file_of(number)
            except Fault as fault:
                return chain, fault
            if header is None:
                if may_be_unbegun and number > m.lowest and m.durable_segment != number and not self.named_batch(number, m.id_low):
                    number, may_be_unbegun = number - 1, False
                    continue
                return chain, Fault('BAD_HEADER', number, 0)
            may_be_unbegun = False
            if chain and chain[0][0].base_lsn < header.base_lsn + header.block_size * header.block_count:
                return chain, Fault('BAD_HEADER', number, 0)
            chain.insert(0, (header, data))
            if header.kind == ORIGIN or header.before < m.lowest:
                return chain, None
            number = header.before

    def judge(self, chain, fault):
        if fault:
            return
        for (s, data), (successor, _) in zip(chain, chain[1:]):
            walk = Walk(s, data, self.manifest, successor.end_batch)
            self.records.extend(walk.records(successor.end_lsn))
            if walk.bug:
                raise Fault('WRITER_BUG', s.number, walk.block)
            if not walk.ends_as(successor):
                batch_header(s, data, successor.end_block)
                self.batch, self.evidence = walk.number, successor.end_batch
                raise Fault('CORRUPT', s.number, walk.block)
        self.decide(*chain[-1])

    def decide(self, s, data):
        walk = Walk(s, data, self.manifest)
        self.records.extend(walk.records(MAX))
        later = [b for b in (batch_header(s, data, block) for block in range(walk.block, s.block_count)) if b]
        self.segment, self.block, self.batch = s.number, walk.block, walk.number
        self.evidence = max([walk.w, self.manifest.durable_batch] + [b.w for b in later])
        if walk.bug or any(bad_w(s, b) for b in later):
            self.verdict = 'WRITER_BUG'
        elif self.evidence > walk.number:
            self.verdict = 'CORRUPT'
        elif self.manifest.clean and walk.batches and walk.batches[-1].kind == CLOSE and all(b.number <= walk.number for b in later):
            self.verdict = 'CLEAN'
        else:
            self.verdict = 'CRASH_TAIL'

    def print(self):
        lines = ['verdict %s segment %d block %d batch %d evidence %d' % (self.verdict, self.segment, self.block, self.batch, self.evidence)]
        lines += ['record %d %d %d %d %08x' % (r.lsn, r.sequence, r.kind, len(r.payload), zlib.crc32(r.payload)) for r in self.records]
        print('\n'.join(lines), end='\n\n', flush=True)


if __name__ == '__main__':
    for line in (sys.stdin if sys.argv[1:] == ['-'] else sys.argv[1:]):
        Log(line.rstrip('\n')).print()
