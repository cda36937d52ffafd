/**
 * Short pages: a function is its signature with types, its comment, and a line for each parameter that has one.
 * TypeDoc's own pages say each parameter and each result again.
 */
import { MarkdownTheme, MarkdownThemeContext } from 'typedoc-plugin-markdown';

export function load(app) {
  app.renderer.defineTheme('short', ShortTheme);
}

class ShortTheme extends MarkdownTheme {
  getRenderContext(page) {
    return new ShortContext(this, page, this.application.options);
  }
}

class ShortContext extends MarkdownThemeContext {
  constructor(theme, page, options) {
    super(theme, page, options);
    this.partials = {
      ...this.partials,
      signature: (model, given) => this.signature(model, given),
      accessor: (model, given) => this.accessor(model, given),
    };
  }

  signature(model, { hideTitle, accessor, multipleSignatures, headingLevel }) {
    const comment = multipleSignatures ? model.comment : (model.comment ?? model.parent?.comment);
    const text = (show) => comment && this.partials.comment(comment, { headingLevel, ...show });
    const described = (model.parameters ?? []).filter((parameter) => parameter.comment?.summary.length);
    const lines = described.map(
      ({ name, comment }) => `- \`${name}\`: ${this.helpers.getCommentParts(comment.summary).replace(/\n+/g, ' ')}`,
    );
    const returns = comment?.getTag('@returns');
    if (returns) lines.push(`- returns ${this.helpers.getCommentParts(returns.content).replace(/\n+/g, ' ')}`);
    return [
      hideTitle ? '' : this.partials.signatureTitle(model, { accessor }),
      text({ showSummary: true, showTags: false }),
      lines.join('\n'),
      text({ showSummary: false, showTags: true }),
    ]
      .filter(Boolean)
      .join('\n\n');
  }

  accessor({ getSignature, setSignature, comment }, { headingLevel }) {
    const parts = [];
    for (const [model, kind] of [
      [getSignature, 'get'],
      [setSignature, 'set'],
    ])
      if (model) parts.push(this.signature(model, { accessor: kind, headingLevel }));
    if (comment) parts.push(this.partials.comment(comment, { headingLevel }));
    return parts.join('\n\n');
  }
}
