"""List prices of us-east-1, on demand, in the first tier above any free tier.

`seen` names the source of a price and the date of that page; none is from the live price list. The module imports the
standard library only, so that the dashboard, benchmarks and documents can use it.
"""

from dataclasses import dataclass
from typing import Final

REGION: Final = "us-east-1"
AS_OF: Final = "2026-11-24"
"""The date of the last review of all prices."""


@dataclass(frozen=True)
class Price:
    """The price in US dollars of `per` times a `unit`."""

    service: str
    unit: str
    dollars: float
    per: int
    seen: str

    @property
    def each(self) -> float:
        """The price of one unit."""
        return self.dollars / self.per

    def of(self, units: float) -> float:
        """Return the price of a number of units."""
        return self.dollars * units / self.per


_MILLION: Final = 1_000_000

API_REQUEST: Final = Price("API Gateway", "REST request", 3.50, _MILLION, "open-exam-prep.com, api-gateway, June 2026")
LAMBDA_REQUEST: Final = Price(
    "Lambda", "request", 0.20, _MILLION, "aws.amazon.com/lambda/pricing, as known, November 2026"
)
LAMBDA_GB_SECOND: Final = Price(
    "Lambda",
    "GB-second on arm64",
    13.3334,
    _MILLION,
    "cloudchipr.com/blog/aws-lambda-pricing, 2024; the same elsewhere in May 2026",
)
EXPRESS_REQUEST: Final = Price(
    "Step Functions", "Express execution", 1.00, _MILLION, "aws.amazon.com/step-functions/pricing, an undated copy"
)
EXPRESS_GB_SECOND: Final = Price(
    "Step Functions", "Express GB-second", 0.06, 3600, "aws.amazon.com/step-functions/pricing, an undated copy"
)
STANDARD_TRANSITION: Final = Price(
    "Step Functions",
    "Standard state transition",
    25.00,
    _MILLION,
    "wring.co/blog/aws-step-functions-pricing-guide, undated",
)
S3_WRITE: Final = Price(
    "S3", "PUT, COPY, POST or LIST", 0.005, 1000, "aws.amazon.com/s3/pricing, as known, November 2026"
)
S3_READ: Final = Price("S3", "GET or HEAD", 0.0004, 1000, "aws.amazon.com/s3/pricing, as known, November 2026")
S3_GB_MONTH: Final = Price("S3", "GB-month, Standard", 0.023, 1, "cloudburn.io/blog/amazon-s3-pricing, March 2026")
DYNAMODB_WRITE: Final = Price(
    "DynamoDB", "write request unit", 0.625, _MILLION, "airbyte.com, dynamodb-pricing, July 2025"
)
DYNAMODB_READ: Final = Price(
    "DynamoDB", "read request unit", 0.125, _MILLION, "airbyte.com, dynamodb-pricing, July 2025"
)
DYNAMODB_GB_MONTH: Final = Price(
    "DynamoDB", "GB-month", 0.25, 1, "aws.amazon.com/dynamodb/pricing, as known, November 2026"
)
LOGS_GB: Final = Price(
    "CloudWatch", "GB of logs ingested", 0.50, 1, "factualminds.com, amazon-cloudwatch-pricing, June 2026"
)
METRIC_MONTH: Final = Price(
    "CloudWatch", "custom metric, a month", 0.30, 1, "signoz.io/guides/cloudwatch-pricing, February 2026"
)
PIPE_REQUEST: Final = Price(
    "EventBridge",
    "request of a pipe, after its filters",
    0.40,
    _MILLION,
    "cloudburn.io/blog/amazon-eventbridge-pricing, March 2026",
)
BUS_EVENT: Final = Price(
    "EventBridge", "custom event", 1.00, _MILLION, "cloudburn.io/blog/amazon-eventbridge-pricing, March 2026"
)
XRAY_TRACE: Final = Price("X-Ray", "trace recorded", 5.00, _MILLION, "aws.amazon.com/xray/pricing, an undated copy")
COGNITO_USER_MONTH: Final = Price(
    "Cognito", "monthly active user, Essentials", 0.015, 1, "aws.amazon.com/cognito/pricing, as known, November 2026"
)
INTERNET_GB: Final = Price(
    "S3", "GB out to the internet", 0.09, 1, "aws.amazon.com/s3/pricing, as known, November 2026"
)
CLOUDFRONT_REQUEST: Final = Price(
    "CloudFront", "HTTPS request, North America and Europe", 0.01, 10_000, "wring.co/blog/aws-cloudfront-pricing-guide"
)
CLOUDFRONT_GB: Final = Price(
    "CloudFront", "GB out to the internet", 0.085, 1, "aws.amazon.com/cloudfront/pricing, an undated copy"
)
KMS_KEY_MONTH: Final = Price("KMS", "key, a month", 1.00, 1, "aws.amazon.com/kms/pricing, an undated copy")
KMS_SIGNATURE: Final = Price(
    "KMS", "signature by an RSA_2048 key", 0.03, 10_000, "wring.co/blog/aws-kms-pricing-guide, March 2026"
)

PRICES: Final = (
    API_REQUEST,
    LAMBDA_REQUEST,
    LAMBDA_GB_SECOND,
    EXPRESS_REQUEST,
    EXPRESS_GB_SECOND,
    STANDARD_TRANSITION,
    S3_WRITE,
    S3_READ,
    S3_GB_MONTH,
    DYNAMODB_WRITE,
    DYNAMODB_READ,
    DYNAMODB_GB_MONTH,
    LOGS_GB,
    METRIC_MONTH,
    PIPE_REQUEST,
    BUS_EVENT,
    XRAY_TRACE,
    COGNITO_USER_MONTH,
    INTERNET_GB,
    CLOUDFRONT_REQUEST,
    CLOUDFRONT_GB,
    KMS_KEY_MONTH,
    KMS_SIGNATURE,
)

EXPRESS_MEMORY_MB: Final = 64
"""An execution is billed in units of 64 MB, and uses 50 MB in addition to its definition and data (price page)."""

EXPRESS_DURATION_STEP_SECONDS: Final = 0.1
"""Billed durations are rounded up to this (price page)."""

LAMBDA_DURATION_STEP_SECONDS: Final = 0.001
"""Billed durations are rounded up to this (price page). The init phase is billed too, since August 2025."""
