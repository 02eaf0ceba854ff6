"""pyHanko's side of the speed example: speed.py <unsigned> <one> <two> <root> <root>. Milliseconds a document, median."""
import io
import sys
import time

from asn1crypto import x509
from cryptography import x509 as cx509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign import signers
from pyhanko.sign.fields import SigSeedSubFilter
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.registry import SimpleCertificateStore
from pyhanko.keys import load_private_key_from_pemder_data
import datetime

unsigned, one, two = (open(path, "rb").read() for path in sys.argv[1:4])
roots = [x509.Certificate.load(open(path, "rb").read()) for path in sys.argv[4:6]]
RUNS = 15


def median(run):
    walls, processors = [], []
    for _ in range(RUNS):
        start, before = time.perf_counter(), time.process_time()
        run()
        walls.append((time.perf_counter() - start) * 1000)
        processors.append((time.process_time() - before) * 1000)
    return f"{sorted(walls)[RUNS // 2]:.1f} / {sorted(processors)[RUNS // 2]:.1f}"


key = ec.generate_private_key(ec.SECP256R1())
name = cx509.Name([cx509.NameAttribute(cx509.NameOID.COMMON_NAME, "Speed")])
now = datetime.datetime(2026, 1, 1)
certificate = (
    cx509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(1)
    .not_valid_before(now).not_valid_after(now + datetime.timedelta(days=900)).sign(key, hashes.SHA256())
)
der = certificate.public_bytes(serialization.Encoding.DER)
pkcs8 = key.private_bytes(serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
signer = signers.SimpleSigner(
    signing_cert=x509.Certificate.load(der), signing_key=load_private_key_from_pemder_data(pkcs8, None),
    cert_registry=SimpleCertificateStore(),
)


def sign():
    meta = signers.PdfSignatureMetadata(field_name="Chamber", subfilter=SigSeedSubFilter.PADES, md_algorithm="sha256")
    signers.sign_pdf(IncrementalPdfFileWriter(io.BytesIO(unsigned)), meta, signer=signer, existing_fields_only=True)


def validate(data, count):
    reader = PdfFileReader(io.BytesIO(data), strict=True)
    found = reader.embedded_signatures
    assert len(found) == count
    for signature in found:
        assert validate_pdf_signature(signature, ValidationContext(trust_roots=roots)).intact


print(f"sign (P-256) {median(sign)}, verify one {median(lambda: validate(one, 1))}, verify two {median(lambda: validate(two, 2))}")
