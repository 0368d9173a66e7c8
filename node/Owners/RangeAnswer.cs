namespace PmOrleans.Node.Owners;

/// <summary>What became of a reported stretch.</summary>
/// <param name="Folded">It is folded now. Otherwise it was not, and the owner stands at <paramref name="Watermark"/>.</param>
/// <param name="Watermark">Last sequence folded of this node's log.</param>
/// <param name="Activation">Changes when the owner is activated anew: then it may stand further back, and what was known of it is void.</param>
/// <param name="Version">Of the figures in <paramref name="Changes"/> and all before.</param>
/// <param name="Changes">What changed since the version that the reporter knows; nothing for the log of a node that is gone.</param>
public sealed record RangeAnswer(bool Folded, long Watermark, Guid Activation, long Version, byte[] Changes);
