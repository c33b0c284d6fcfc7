package io.linkspan.testing;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.condition.EnabledIf;

/**
 * Skips a test, with a reason in the report, where PostgreSQL is not installed. On CI nothing is
 * skipped.
 */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@EnabledIf(
    value = "io.linkspan.testing.PostgresServer#available",
    disabledReason = "PostgreSQL is not installed")
public @interface RequiresPostgres {}
