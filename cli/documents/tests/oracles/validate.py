"""Validates PDFs with pyHanko: validate.py <pdf> <trusted root DER> ...  Prints one line for each signature."""
import sys

from asn1crypto import x509
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko_certvalidator import ValidationContext

arguments = sys.argv[1:]
for path, *roots in [arguments[i].split(",") for i in range(len(arguments))]:
    trusted = [x509.Certificate.load(open(root, "rb").read()) for root in roots]
    with open(path, "rb") as file:
        reader = PdfFileReader(file, strict=True)
        for signature in reader.embedded_signatures:
            status = validate_pdf_signature(signature, ValidationContext(trust_roots=trusted))
            print(signature.field_name, "valid" if status.bottom_line else "invalid", status.summary())
