package io.linkspan.testing;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.condition.EnabledIf;

/**
 * Skips a test, with a reason in the report, where libenet-dev is missing. On CI nothing is
 * skipped.
 */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@EnabledIf(
    value = "io.linkspan.testing.CProgram#available",
    disabledReason = "libenet-dev is not installed")
public @interface RequiresEnet {}
