package io.linkspan.ban;

import io.linkspan.admission.Offence;

/**
 * A ban that begins.
 *
 * @param offence that reached its threshold
 * @param level 1 for the first ban, and one more for each further one while it is remembered
 * @param duration in milliseconds
 */
public record Ban(Offender offender, Offence offence, int level, long duration) {}
