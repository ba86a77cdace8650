"""Amazon DynamoDB: moto keeps the tables; here is who may touch which item, and what moto does not check."""
