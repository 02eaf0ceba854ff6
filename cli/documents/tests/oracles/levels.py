"""Validates PDFs at a PAdES level with pyHanko: levels.py <pdf> <T|LT|LTA> <trusted root DER>...  Prints one line."""
import asyncio
import sys

from asn1crypto import x509
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import DocumentSecurityStore, validate_pdf_signature
from pyhanko.sign.validation.ades import ades_lta_validation
from pyhanko.sign.validation.policy_decl import PdfSignatureValidationSpec, SignatureValidationSpec
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.context import CertValidationPolicySpec
from pyhanko_certvalidator.policy_decl import REQUIRE_REVINFO, CertRevTrustPolicy
from pyhanko_certvalidator.registry import SimpleTrustManager

path, level, *roots = sys.argv[1:]
trusted = [x509.Certificate.load(open(root, "rb").read()) for root in roots]
with open(path, "rb") as file:
    reader = PdfFileReader(file, strict=True)
    signature = reader.embedded_regular_signatures[0]
    if level == "LTA":
        policy = CertValidationPolicySpec(
            trust_manager=SimpleTrustManager.build(trust_roots=trusted), revinfo_policy=CertRevTrustPolicy(REQUIRE_REVINFO)
        )
        spec = PdfSignatureValidationSpec(SignatureValidationSpec(cert_validation_policy=policy))
        result = asyncio.run(ades_lta_validation(signature, spec))
        print("LTA", "valid" if str(result.ades_subindic) == "AdESPassed.OK" else "invalid", result.ades_subindic)
    else:
        kwargs = {"trust_roots": trusted, "allow_fetching": False}
        context = ValidationContext(**kwargs)
        if level == "LT":
            # Everything from the file, nothing fetched, and a proof for every certificate.
            kwargs |= {"revocation_mode": "require", "retroactive_revinfo": True}
            context = DocumentSecurityStore.read_dss(reader).as_validation_context(kwargs)
        status = validate_pdf_signature(signature, context)
        stamp = status.timestamp_validity
        good = status.bottom_line and stamp is not None and stamp.valid and stamp.trusted
        print(level, "valid" if good else "invalid", status.summary())
