namespace PmOrleans.Node.Refolding;

/// <summary>How far the store's customers are folded with the live catalog's definitions.</summary>
/// <param name="Percent">0 to 100; 100 when nothing is left to do.</param>
/// <param name="Visited">Customers looked at in this pass by this process.</param>
/// <param name="Refolded">Of these, folded anew.</param>
public readonly record struct RefoldProgress(double Percent, long Visited, long Refolded)
{
    public bool IsDone => Percent >= 100;
}
