using PmOrleans.Node.Log;
using PmOrleans.Node.Retention;

namespace PmOrleans.Node.Owners;

/// <summary>A book that goes on from what is no longer in the logs.</summary>
internal interface IBeginsAtCut
{
    /// <summary>Told once, before anything is folded or restored.</summary>
    /// <param name="cut">Reads what is counted over all records that are cut by now; <c>null</c>: none are.</param>
    /// <param name="reader">Of the store.</param>
    /// <param name="isNew">Nothing was ever saved: this is where the book begins.</param>
    /// <exception cref="Decisioning.Codec.CorruptDataException">The base is damaged.</exception>
    void Begin(Func<LogBase?> cut, ILogReader reader, bool isNew);
}
