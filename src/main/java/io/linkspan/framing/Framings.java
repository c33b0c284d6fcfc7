package io.linkspan.framing;

/** Creates the framing that a configuration describes. */
public final class Framings {

  private Framings() {}

  /** Returns a framing of the configured kind. */
  public static Framing of(FramingConfig config) {
    return switch (config.kind()) {
      case LENGTH_FIELD -> new LengthFieldFraming(config);
      case LINE -> DelimitedFraming.ofLines(config);
      case DELIMITER -> DelimitedFraming.ofDelimiter(config);
    };
  }
}
