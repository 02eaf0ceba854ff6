"""Checks Eco Notary receipts. Written from proto/SPEC.md alone, in another language, with nothing but Python 3.9. To run:
    receipt_check.py TRUST.eco RECEIPT.eco [FILE]   what the receipt shows; with FILE, also whether it anchors that file
    receipt_check.py --vectors DIR                  every case of receipts, status-proofs, status-carbon, state-tree, signatures, numbers
Prints `dated index=.. height=.. time=..` (ms), `existence-only ..`, or `refused` and the step that fails. Exits 0 if all holds, else 1.
It judges evidence, not statements: 8.3 to 8.5 are not checked again. Numbers in comments are sections of the specification."""
import base64, functools, hashlib, io, pathlib, re, struct, sys, types
class Refused(Exception): """Something does not hold; the text says which step or rule."""
def need(holds, why):
    if not holds: raise Refused(why)
def step(name, check, *args):  # whatever `check` refuses, this step fails
    try: return check(*args)
    except Refused as why: raise Refused(name) from why
def outcome(check, *args):
    try: return check(*args)
    except Refused as why: return f"refused {why}"

# BLAKE3. Flags: 1 start and 2 end of a chunk, 4 parent, 8 root, 16 keyed hash, 32 context and 64 material of derive_key.
HEX, IV = bytes.fromhex, bytes.fromhex("67e6096a85ae67bb72f36e3c3af54fa57f520e518c68059babd9831f19cde05b")
MIXES = [(i, 4 + (i + k) % 4, 8 + (i + 2 * k) % 4, 12 + (i + 3 * k) % 4) for k in (0, 1) for i in range(4)]
def rotate(x, n): return (x >> n | x << 32 - n) & 0xffffffff
@functools.lru_cache(1 << 16)
def compress(chain, block, counter, flags):
    m = struct.unpack("<16I", block.ljust(64, b"\0"))
    v = [*struct.unpack("<12I", chain + IV[:16]), counter & 0xffffffff, counter >> 32, len(block), flags]
    for _ in range(7):
        for i, (a, b, c, d) in enumerate(MIXES):
            for x, y, z, word, n in (a, b, d, m[2 * i], 16), (c, d, b, 0, 12), (a, b, d, m[2 * i + 1], 8), (c, d, b, 0, 7):
                v[x] = v[x] + v[y] + word & 0xffffffff
                v[z] = rotate(v[z] ^ v[x], n)
        m = [m[i] for i in (2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8)]
    return struct.pack("<8I", *(v[i] ^ v[i + 8] for i in range(8)))
def blake3(data, key=IV, mode=0, counter=0, root=8):
    if len(data) > 1024:
        left = 512 << ((len(data) - 1) // 1024).bit_length()
        both = blake3(data[:left], key, mode, counter, 0) + blake3(data[left:], key, mode, counter + left // 1024, 0)
        return compress(key, both, 0, mode | 4 | root)
    chain, last = key, max(len(data) - 1, 0) // 64
    for i in range(last + 1):
        chain = compress(chain, data[64 * i:64 * i + 64], counter, mode | (i == 0) | (2 | root if i == last else 0))
    return chain
def derive(of, *parts): return blake3(b"".join(struct.pack("<I", len(x)) + x for x in parts), blake3(b"eco-notary/v1 " + of, IV, 32), 64)
# Ed25519 (5.2). A point is (X, Y, Z, T): x = X/Z, y = Y/Z, xy = T/Z.
P, L = 2**255 - 19, 2**252 + 27742317777372353535851937790883648493
D, ROOT_OF_MINUS_1, ZERO = -121665 * pow(121666, -1, P) % P, pow(2, (P - 1) // 4, P), (0, 1, 1, 0)
def add(p, q):
    a, b, c, d = (p[1] - p[0]) * (q[1] - q[0]), (p[1] + p[0]) * (q[1] + q[0]), 2 * D * p[3] * q[3], 2 * p[2] * q[2]
    e, f, g, h = (b - a) % P, (d - c) % P, (d + c) % P, (b + a) % P
    return e * f % P, g * h % P, f * g % P, e * h % P
def encode(p): return (p[1] * (z := pow(p[2], -1, P)) % P | (p[0] * z % P & 1) << 255).to_bytes(32, "little")
def decode(data):  # the point of which this is the canonical encoding, or None
    y, odd = int.from_bytes(data, "little") % 2**255, data[31] >> 7
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    root = pow(square, (P + 3) // 8, P)
    x = next((x for r in (root, root * ROOT_OF_MINUS_1 % P) for x in (r, -r % P) if x * x % P == square and x & 1 == odd), None)
    return None if x is None or y >= P else (x, y, 1, x * y % P)
def small(p): return encode(functools.reduce(lambda q, _: add(q, q), range(3), p)) == encode(ZERO)
BASE = decode(bytes([0x58] + 31 * [0x66]))
def signature_holds(key, message, signature):
    a, s = decode(key), int.from_bytes(signature[32:], "little")
    if a is None or small(a) or s >= L: return False
    k, minus_a = int.from_bytes(hashlib.sha512(signature[:32] + key + message).digest(), "little") % L, (-a[0], a[1], 1, -a[3])
    r, table = ZERO, (ZERO, BASE, minus_a, add(BASE, minus_a))
    for i in reversed(range(253)): r = add(add(r, r), table[s >> i & 1 | (k >> i & 1) << 1])  # [s]B - [k]A
    return encode(r) == signature[:32] and not small(r)

# Canonical bytes (1). A format is a function that reads its value from a stream.
def where(read, rule, why="rule"): return lambda stream: (value := read(stream), need(rule(value), why))[0]
def one_of(read, values, why="rule"): return where(read, lambda value: value in values, why)
def raw(n): return where(lambda stream: stream.read(n), lambda data: len(data) == n, "truncated")
def uint(n): return lambda stream: int.from_bytes(raw(n)(stream), "little")
U8, U16, U32, U64, HASH, BLOB = uint(1), uint(2), uint(4), uint(8), raw(32), lambda stream: raw(U32(stream))(stream)
def fields(**formats): return lambda stream: types.SimpleNamespace(**{name: read(stream) for name, read in formats.items()})
def row(*formats): return lambda stream: tuple(read(stream) for read in formats)
def option(read): return lambda stream: read(stream) if one_of(U8, (0, 1))(stream) else None
def items(read, counts): return lambda stream: [read(stream) for _ in range(one_of(U32, counts)(stream))]
def ascending(read, counts): return where(items(read, counts), lambda found: all(a[0] < b[0] for a, b in zip(found, found[1:])))
def spelt(read): return lambda stream: (at := stream.tell(), value := read(stream), (stream.getvalue()[at:stream.tell()], value))[2]
def named(read): return lambda stream: spelt(read)(stream)[::-1]  # ordered by value
def whole(read, most, data):
    need(len(data) <= most, "too-long")
    return where(row(read, io.BytesIO.read), lambda parts: not parts[1], "trailing-bytes")(io.BytesIO(data))[0]
# Formats (4, 8, 9, 10, 11)
ORG, SLOT = where(BLOB, re.compile(rb"[a-z0-9-]{3,32}").fullmatch), where(U32, lambda n: n > 3)
NAME = where(BLOB, re.compile(rb"(?=.{1,64}$)[a-z0-9]([a-z0-9.-]*[a-z0-9])?(/[a-z0-9]([a-z0-9.-]*[a-z0-9])?)*").fullmatch)
ONE, KEY, FINGERPRINT = one_of(U8, (1,)), where(raw(33), lambda key: key[0] == 1), where(raw(33), lambda f: f[0] in (1, 2, 3))
VALIDATOR, HEAD = row(KEY, ORG, U16, raw(2), U64), fields(height=U64, block=HASH, time=U64, size=U64, log=HASH, state=HASH)
EPOCH = fields(number=U64, first=U64, set=spelt(row(ONE, ONE, ascending(VALIDATOR, range(1, 65)))), closed=option(HEAD))
EPOCHS = where(items(EPOCH, range(1, 1 << 16)), lambda a: all(e.number == i and (not e.closed) == (e is a[-1]) for i, e in enumerate(a)))
SEALED = dict(network=raw(8), fixed=raw(168), next=option(HASH), round=U32, seal=ascending(row(U16, raw(64)), range(65)))
def file(kind, **content): return fields(magic=one_of(raw(10), [b"\x89eco\r\n\x1a\n%c\1" % kind]), **content)
TRUST = file(3, version=ONE, name=NAME, network=HASH, purpose=one_of(U8, (1, 2)), epochs=EPOCHS, head=HEAD)
RECEIPT = file(1, **SEALED, index=U64, path=items(HASH, range(65)), entry=BLOB)
ENTRY = row(spelt(row(ONE, HASH, ORG, option(ORG), U64, U16, BLOB)), ascending(row(KEY, raw(64)), range(1, 65)))
CONTEXTS = (b"organisation key certificate document reference claims claim-slot usage attestations attestation-slot attestation presentations presentation-slot "
            b"presentation recognitions recognition recognised recognised-slot recognisers recogniser-slot products product-slot authority schemes scheme-slot scheme").split()
def scope(stream): return (kind := one_of(U8, (1, 2))(stream)), (raw(2), ORG)[kind - 1](stream)
NAMES = (ORG, KEY, HASH, HASH, row(ORG, HASH), FINGERPRINT, row(FINGERPRINT, SLOT), ORG, HASH, row(HASH, SLOT), row(HASH, ORG), HASH, row(HASH, SLOT), row(HASH, ORG, HASH),
         row(scope, ORG), row(scope, ORG, U32), scope, row(scope, SLOT), ORG, row(ORG, SLOT), row(ORG, HASH), row(ORG, HASH, SLOT), raw(2), row(), SLOT, HASH)
def record_key(stream): return (kind := one_of(U8, range(1, len(NAMES) + 1))(stream) - 1), NAMES[kind](stream)
STATUS = file(2, **SEALED, items=ascending(row(named(record_key), option(where(BLOB, lambda r: len(r) <= 4096)), BLOB), range(33)))

def sealed(read, most, data, trust):  # 11.3 (a) to (c)
    r, trust = step("file", whole, read, most, data), step("trust root", whole, TRUST, 4 << 20, trust)
    r.height, r.epoch, r.time, r.previous, r.first, r.size, r.log, r.state = struct.unpack("<3Q64s2Q32s32s", r.fixed)
    need(trust.network.startswith(r.network), "network")
    need(r.height > 0 and [e.number for e in trust.epochs if e.first <= r.height][-1:] == [r.epoch], "epoch")
    set_bytes, (_, _, validators) = trust.epochs[r.epoch].set
    set_hash, r.network = derive(b"validator-set", set_bytes), trust.network
    need(r.next != set_hash and (r.height > 1 or (r.previous, r.first) == (r.network + bytes(32), 0)), "seal")
    block = derive(b"block", b"\1" + r.network + r.fixed + set_hash + (r.next or set_hash))
    need(all(h.block == block for h in [trust.head, *(e.closed for e in trust.epochs[:-1])] if h.height == r.height), "seal")
    log, block = (base64.b64encode(x).decode() for x in (r.log, block))
    text = f"{trust.name.decode()}/{r.network.hex()[:16]}\n{r.size}\n{log}\neco1 {r.height} {r.round} {block}\n".encode()
    need(all(place < len(validators) for place, _ in r.seal), "seal")
    need(3 * sum(validators[place][4] for place, _ in r.seal) > 2 * sum(v[4] for v in validators), "seal")
    need(all(signature_holds(validators[place][0][1:], text, signature) for place, signature in r.seal), "seal")
    return r
def log_root(leaf, index, size, path):  # 9.1
    need(index < size and (size == 1) == (not path), "inclusion")
    if size == 1: return leaf
    left = 1 << (size - 1).bit_length() - 1
    below = log_root(leaf, index % left, left if index < left else size - left, path[:-1])
    return hashlib.sha256(b"\1" + (below + path[-1] if index < left else path[-1] + below)).digest()
def receipt(data, trust):  # 11.3: what it shows, and the tag and the first 33 bytes of its statement, the fingerprint of an Anchor
    r = sealed(RECEIPT, 48 << 10, data, trust)
    signed = r.entry[:1] + r.network + r.entry[1:]
    (entry, (*_, tag, body)), signatures = step("file", whole, ENTRY, 32 << 10, signed)
    need(log_root(hashlib.sha256(b"\0" + signed).digest(), r.index, r.size, r.path) == r.log, "inclusion")
    need(all(signature_holds(key[1:], b"eco-notary/v1/entry\0" + r.network + entry, s) for key, s in signatures), "signature")
    return f"{'dated' if r.first <= r.index else 'existence-only'} index={r.index} height={r.height} time={r.time}", (tag, body[:33])

# State tree (6) and status proofs (11.4)
def bit(key, i): return key[i // 8] >> 7 - i % 8 & 1
def leaf(key, value): return blake3(key + value, b"eco-notary/state-leaf/v1........", 16)
def node(i, left, right): return blake3(left + right, b"eco-notary/state-node/v1......." + bytes([i]), 16)
def state_root(pairs):
    if len(pairs) < 2: return leaf(*pairs[0]) if pairs else bytes(32)
    first = next(i for i in range(256) if len({bit(key, i) for key, _ in pairs}) == 2)
    return node(first, *(state_root([pair for pair in pairs if bit(pair[0], first) == side]) for side in (0, 1)))
def state_proof(stream):
    kind = one_of(U8, (0, 1, 2), "unknown-kind")(stream)
    other, value, n = kind == 2 and HASH(stream), kind and HASH(stream), kind and one_of(U8, range(33), "bitmap-too-long")(stream)
    bitmap = where(raw(n), lambda bitmap: bitmap[-1:] != b"\0", "bitmap-ends-in-zero")(stream)
    return kind, other, value, [(i, HASH(stream)) for i in range(8 * n) if bit(bitmap, i)]
def state_value(data, key, root):  # of the key, or None where there is none
    kind, other, value, siblings = whole(state_proof, 9000, data)
    need(kind > 0 or root == bytes(32), "map-not-empty")
    need(other != key, "other-key-is-asked")
    found = leaf(other or key, value) if kind else root
    for i, sibling in reversed(siblings):
        need(bit(other or key, i) == bit(key, i), "wrong-direction")
        found = node(i, sibling, found) if bit(key, i) else node(i, found, sibling)
    need(found == root, "root-mismatch")
    return value if kind == 1 else None
def status(data, trust):
    r = sealed(STATUS, 512 << 10, data, trust)
    for ((kind, _), key), record, proof in r.items:
        value = step("proof", state_value, proof, derive(b"state " + CONTEXTS[kind], key), r.state)
        need(value == (None if record is None else derive(b"record", record)), "proof")
    return "shown " + "".join(str(int(record is not None)) for _, record, _ in r.items)
FOLD = {**{i + shift: chr(i).upper() for i in range(0x21, 0x7f) for shift in (0, 0xfee0)},  # 4.3
        **dict.fromkeys([*range(0x2010, 0x2016), 0x2043, 0x2212, 0xfe58, 0xfe63], "-"),
        **dict.fromkeys([9, 32, 0xa0, 0x1680, *range(0x2000, 0x200c), 0x202f, 0x205f, 0x2060, 0x3000, 0xfeff], "")}
def number(text):
    need(len(text) <= 256, "long")
    for place, c in enumerate(text, 1): need(re.fullmatch("[A-Z0-9./-]?", c.translate(FOLD)), f"character {place}")
    normal = text.translate(FOLD)
    need(0 < len(normal) <= 64, "long" if normal else "empty")
    return normal

# Vectors: of each file the pattern of a case, whose last group is what is expected, and what is done with the other groups
def state_case(_, count, root, index, key, proof):
    pairs = {blake3(b"key-%d" % i): blake3(b"value-%d" % i) for i in range(int(count))}
    shown = state_value(HEX(proof), HEX(key), HEX(root)), HEX(key), HEX(root)
    return "" if shown == (pairs.get(HEX(key)), blake3(b"key-" + index.encode()), state_root([*pairs.items()])) else "another map"
def number_case(_, given):
    return f"{(n := number(HEX(given).decode()))}\nreference-key of cn-ccpit: {derive(b'reference', b'cn-ccpit', n.encode()).hex()}"
CASES = [("receipts.txt", r"^receipt: (.*)\nexpect: (.*)", lambda trust, data: receipt(HEX(data), trust)[0]),
         *((name, r"^status: (.*)\nexpect: (.*)", lambda trust, data: status(HEX(data), trust)) for name in ("status-proofs.txt", "status-carbon.txt")),
         ("state-tree.txt", r"^(\d+) (\w+) (\d+) (\w+) (\w*) ?(.*)", state_case),
         ("signatures.txt", r"^key: (.*)\nmessage: (.*)\nsignature: (.*)\nexpect: (.*)", lambda _, *given: "valid" if signature_holds(*map(HEX, given)) else "refused"),
         ("numbers.txt", r"^given: (.*)\nexpect: (.*(?:\nreference-key of cn-ccpit: .*)?)", number_case)]
def vectors(folder, name, pattern, check):
    text = (folder / name).read_text()
    trust, cases = HEX("".join(re.findall("^trust: (.*)", text, re.M))), enumerate(re.findall(pattern, text, re.M), 1)
    results = [(i, want.replace("expect:", "refused"), outcome(check, trust, *given)) for i, (*given, want) in cases]
    differ = [f"\n  case {i}: expected {want}, got {got}" for i, want, got in results if want != got]
    print(f"{name}: {len(results) - len(differ)} agree, {len(differ)} differ", *differ, sep="")
    return results and not differ
def main(paths):
    if len(paths) not in (2, 3): return __doc__
    if paths[0] == "--vectors": return 0 if all([vectors(pathlib.Path(paths[1]), *case) for case in CASES]) else 1
    trust, data, *files = (pathlib.Path(path).read_bytes() for path in paths)
    shown = outcome(receipt, data, trust)
    if isinstance(shown, str): return print(shown) or 1
    matches = [shown[1] == (1, b"\1" + blake3(file)) for file in files]
    print(shown[0], *("the file is anchored" if same else "the file is not what is anchored" for same in matches), sep="\n")
    return 0 if all(matches) else 1
if __name__ == "__main__": sys.exit(main(sys.argv[1:]))
