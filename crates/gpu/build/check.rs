//! Bindings are written once, in the op's row; here the shader's are reflected and compared with it.

use crate::expand::Expanded;
use naga::{AddressSpace, ScalarKind, StorageAccess, TypeInner};
use squint_ops::{Access, Gpu, Kind, OPS, On, OpSpec, Scalar};

/// A valid module whose parameters and buffers are those of the op of the same stem.
pub fn fits(shader: &Expanded) -> Result<(), String> {
    let name = match shader.variant.as_str() {
        "" => shader.file(),
        v => format!("{}, variant {v}", shader.file()),
    };
    let op = OPS.iter().find(|o| o.stem == shader.stem).ok_or_else(|| {
        format!("{name} has no row in OPS: add crates/ops/src/op/{}.rs and its row, or delete the shader", shader.stem)
    })?;
    if !names(op).contains(&shader.form.as_str()) {
        return Err(format!("{name} is not among the forms in the row of '{}'", op.stem));
    }
    let module = naga::front::wgsl::parse_str(&shader.source)
        .map_err(|e| format!("{name}: {}", e.emit_to_string(&shader.source)))?;
    // Only what every WebGPU device has; `unpack2x16float` and its kin are among that, though naga asks to be told.
    naga::valid::Validator::new(
        naga::valid::ValidationFlags::all(),
        naga::valid::Capabilities::SHADER_FLOAT16_IN_FLOAT32,
    )
    .validate(&module)
    .map_err(|e| format!("{name}: {}", e.emit_to_string(&shader.source)))?;
    compare(op, &module).map_err(|e| format!("{name}: {e}"))
}

/// Every op has its shader, in every format its weight may have, or says why not.
pub fn complete(op: &OpSpec, shaders: &[Expanded]) -> Result<(), String> {
    if let Gpu::CpuOnly(_) = op.gpu {
        return Ok(());
    }
    let wanted: Vec<&str> = match op.variant_slot() {
        Some(slot) => op.slots[slot].kinds.iter().map(|k| k.name).collect(),
        None => vec![""],
    };
    for form in names(op) {
        for variant in &wanted {
            if !shaders.iter().any(|s| s.stem == op.stem && s.form == form && s.variant == *variant) {
                let dot = if form.is_empty() { "" } else { "." };
                let which =
                    if variant.is_empty() { "" } else { &format!(" in a variant '{variant}' (shaders/variants)") };
                return Err(format!(
                    "op '{}' needs shaders/{}{dot}{form}.wgsl{which}, or `gpu: CpuOnly(\"why\")` in its row",
                    op.stem, op.stem
                ));
            }
        }
    }
    match op.gpu {
        Gpu::Forms { forms, .. } if forms.last().is_none_or(|f| !f.name.is_empty() || f.on != On::Any) => {
            Err(format!("the last form of op '{}' must be the plain one, for every adapter", op.stem))
        }
        _ => Ok(()),
    }
}

/// The forms an op's row names.
fn names(op: &OpSpec) -> Vec<&'static str> {
    match op.gpu {
        Gpu::Forms { forms, .. } => forms.iter().map(|f| f.name).collect(),
        _ => vec![""],
    }
}

fn compare(op: &OpSpec, module: &naga::Module) -> Result<(), String> {
    if !module.entry_points.iter().any(|e| e.name == "main") {
        return Err("no entry point 'main'".into());
    }
    let mut bindings = 0;
    for (_, var) in module.global_variables.iter() {
        let Some(at) = &var.binding else { continue };
        bindings += 1;
        let var_name = var.name.as_deref().unwrap_or("?");
        let ty = &module.types[var.ty].inner;
        match at.binding.checked_sub(1) {
            None => params(op, module, ty)?,
            Some(i) => {
                let slot = op.slots.get(i as usize).ok_or(format!("binding {} is not in the op's row", at.binding))?;
                if slot.name != var_name {
                    return Err(format!("binding {} is '{var_name}', the op's row says '{}'", at.binding, slot.name));
                }
                let AddressSpace::Storage { access } = var.space else {
                    return Err(format!("'{var_name}' is not a storage buffer"));
                };
                if access.contains(StorageAccess::STORE) != (slot.access != Access::Read) {
                    return Err(format!("'{var_name}' must be {:?}, as in the op's row", slot.access));
                }
                let wanted = if slot.kinds == [Kind::F32] { ScalarKind::Float } else { ScalarKind::Uint };
                let TypeInner::Array { base, .. } = *ty else {
                    return Err(format!("'{var_name}' is not an array"));
                };
                if module.types[base].inner.scalar_kind() != Some(wanted) {
                    return Err(format!("'{var_name}' must be an array of {wanted:?}"));
                }
            }
        }
    }
    if bindings != op.slots.len() + 1 {
        return Err(format!("{bindings} bindings, expected parameters and {} buffers", op.slots.len()));
    }
    Ok(())
}

fn params(op: &OpSpec, module: &naga::Module, ty: &TypeInner) -> Result<(), String> {
    let TypeInner::Struct { members, .. } = ty else {
        return Err("binding 0 is not a struct of parameters".into());
    };
    let found = members.iter().map(|m| (m.name.as_deref().unwrap_or("?"), module.types[m.ty].inner.scalar_kind()));
    let wanted = op
        .fields
        .iter()
        .map(|f| (f.name, Some(if f.scalar == Scalar::F32 { ScalarKind::Float } else { ScalarKind::Uint })));
    let shard = match op.gpu {
        Gpu::Forms { shards: Some(_), .. } => ["first", "here"].as_slice(),
        _ => &[],
    };
    let wanted = wanted.chain(shard.iter().map(|name| (*name, Some(ScalarKind::Uint))));
    if found.clone().eq(wanted.clone()) {
        return Ok(());
    }
    Err(format!("Params is {:?}, the op's row says {:?}", found.collect::<Vec<_>>(), wanted.collect::<Vec<_>>()))
}
