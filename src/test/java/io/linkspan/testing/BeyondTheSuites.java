package io.linkspan.testing;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.condition.DisabledIfSystemProperty;

/** Marks a case that the official suites do not demand, so that another server may differ. */
@Target(ElementType.METHOD)
@Retention(RetentionPolicy.RUNTIME)
@DisabledIfSystemProperty(
    named = SuiteServers.PROPERTY,
    matches = SuiteServers.NODE,
    disabledReason = "the official suites do not demand it")
@interface BeyondTheSuites {}
