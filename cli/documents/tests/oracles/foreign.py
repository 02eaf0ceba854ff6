"""Signs a PDF with pyHanko by methods that our signer has no keys for: foreign.py <pdf> <directory>.  Prints the names made."""
import datetime
import sys

from asn1crypto import algos, keys, x509
from cryptography import x509 as make
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import fields, signers, timestamps
from pyhanko_certvalidator.registry import SimpleCertificateStore

source, directory = sys.argv[1:]
start = datetime.datetime(2020, 1, 1)


def pss(digest, salt):
    """RSA-PSS with a digest and octets of salt."""
    of = algos.DigestAlgorithm({"algorithm": digest})
    mask = algos.MaskGenAlgorithm({"algorithm": "mgf1", "parameters": of})
    parameters = algos.RSASSAPSSParams({"hash_algorithm": of, "mask_gen_algorithm": mask, "salt_length": salt})
    return algos.SignedDigestAlgorithm({"algorithm": "rsassa_pss", "parameters": parameters})


def certified(key, purposes=()):
    """Certificate and key as asn1crypto has them."""
    name = make.Name([make.NameAttribute(NameOID.COMMON_NAME, "A foreign signer")])
    usage = make.KeyUsage(True, True, False, False, False, False, False, False, False)
    builder = make.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(7)
    builder = builder.not_valid_before(start).not_valid_after(start + datetime.timedelta(days=9000)).add_extension(usage, critical=True)
    if purposes:
        builder = builder.add_extension(make.ExtendedKeyUsage(purposes), critical=True)
    certificate = builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)
    secret = key.private_bytes(serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return x509.Certificate.load(certificate), keys.PrivateKeyInfo.load(secret)


def signer(key, mechanism):
    certificate, secret = certified(key)
    return signers.SimpleSigner(
        signing_cert=certificate, signing_key=secret, cert_registry=SimpleCertificateStore(), signature_mechanism=mechanism
    )


large, small, curve = rsa.generate_private_key(65537, 2048), rsa.generate_private_key(65537, 1024), ec.generate_private_key(ec.SECP384R1())
for name, key, mechanism, digest in [
    ("rsa-sha256", large, None, "sha256"),
    ("rsa-sha512", large, None, "sha512"),
    ("pss-sha256", large, pss("sha256", 32), "sha256"),
    ("pss-sha384", large, pss("sha384", 48), "sha384"),
    ("pss-long-salt", large, pss("sha256", 222), "sha256"),
    ("p384-sha384", curve, None, "sha384"),
    ("weak-rsa", small, None, "sha256"),
    ("weak-pss", small, pss("sha256", 32), "sha256"),
    ("weak-digest", large, None, "sha1"),
]:
    with open(source, "rb") as file, open(f"{directory}/{name}.pdf", "wb") as out:
        empty = [name for name, value, _ in fields.enumerate_sig_fields(IncrementalPdfFileWriter(file), filled_status=False)]
        file.seek(0)
        what = signers.PdfSignatureMetadata(field_name=empty[0], md_algorithm=digest, subfilter=fields.SigSeedSubFilter.PADES)
        signers.PdfSigner(what, signer(key, mechanism)).sign_pdf(IncrementalPdfFileWriter(file), output=out)
    print(name)

# A document timestamp over a file that nobody signed.
authority = timestamps.DummyTimeStamper(*certified(large, [ExtendedKeyUsageOID.TIME_STAMPING]))
with open(source, "rb") as file, open(f"{directory}/only-timestamp.pdf", "wb") as out:
    signers.PdfTimeStamper(authority).timestamp_pdf(IncrementalPdfFileWriter(file), "sha256", output=out)
print("only-timestamp")
