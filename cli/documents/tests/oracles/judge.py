"""What pyHanko, strict, says about each PDF: judge.py <pdf>...  One line each: name, tab, accepted, unsigned or refused and why."""
import logging
import sys

from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature, validate_pdf_timestamp
from pyhanko_certvalidator import ValidationContext

logging.disable(logging.CRITICAL)


def judged(signature):
    """Whoever signed counts as trusted: what is compared is how the file is read."""
    context = ValidationContext(trust_roots=[signature.signer_cert, *signature.other_embedded_certs])
    if signature.sig_object_type == "/DocTimeStamp":
        status = validate_pdf_timestamp(signature, context)
        return status.intact and status.valid, status.summary()
    status = validate_pdf_signature(signature, context)
    return status.bottom_line, f"{status.summary()} {status.diff_result}"


for path in sys.argv[1:]:
    try:
        with open(path, "rb") as file:
            signatures = [judged(signature) for signature in PdfFileReader(file, strict=True).embedded_signatures]
        bad = [summary for good, summary in signatures if not good]
        word = "unsigned" if not signatures else "refused " + " ".join(bad) if bad else "accepted"
    except Exception as error:
        word = f"refused {type(error).__name__} {error}"
    print(path.split("/")[-1].removesuffix(".pdf"), " ".join(word.split()), sep="\t")
