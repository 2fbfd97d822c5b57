"""The photos table and the media bucket: every call that PhotoSky makes to DynamoDB and S3."""
